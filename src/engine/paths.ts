/** A path with single slashes and no empty parts, whoever wrote it: Windows, an archive, a browser. */
export function plainPath(path: string): string {
  const parts = path.split(/[\\/]+/).filter((part) => !["", ".", ".."].includes(part));
  return parts.join("/") || "unnamed";
}

export const baseOf = (path: string) => path.slice(path.lastIndexOf("/") + 1);

/** Empty for a file by itself. */
export const folderOf = (path: string) => path.slice(0, Math.max(0, path.lastIndexOf("/")));

/** The file's name without its ending; never empty. */
export const stemOf = (path: string) => baseOf(path).replace(/(?!^)\.[^.]+$/, "");

/** A folder's name, or that of the archive that it was unpacked from; empty for none. */
export const stemOfFolder = (folder: string) => baseOf(folder).replace(/(?!^)\.zip$/i, "");
