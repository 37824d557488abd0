import type { FileRow } from "../state/filesState";
import { FileName } from "./FileName";
import { fileSize, fileWords, listedRows } from "./fileWords";

/** How much of it is here says how large it is. */
const isFetched = ({ status, loadedBytes }: FileRow) =>
  status === "reading" && loadedBytes !== null;

/**
 * Files, one a row, and what becomes of each.
 *
 * @param sentence what is said over them already
 */
export function FileRows(props: { rows: readonly FileRow[]; sentence?: string; label?: string }) {
  const { rows, sentence, label } = props;
  const { listed, rest } = listedRows(rows);
  const words = fileWords(listed, sentence);
  return (
    // biome-ignore lint/a11y/noRedundantRoles: without bullets, Safari takes a list for none
    <ul className="file-rows" role="list" aria-label={label}>
      {listed.map((row, i) => (
        <li key={row.name}>
          <FileName path={row.name} />
          <span className="size">{!isFetched(row) && fileSize(row.sizeBytes)}</span>
          <span className="becomes">{words[i]}</span>
        </li>
      ))}
      {rest && <li className="rest">{rest}</li>}
    </ul>
  );
}
