import { splitPath } from "./fileWords";

/** A file's name, which is text from anyone: isolated, and short of room cut at its folder first. */
export function FileName({ path }: { path: string }) {
  const [folder, base] = splitPath(path);
  return (
    <span className="file-name" title={path}>
      {folder && <bdi className="folder">{folder}</bdi>}
      <bdi>{base}</bdi>
    </span>
  );
}
