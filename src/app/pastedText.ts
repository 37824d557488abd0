const baseOf = (path: string) => path.slice(path.search(/[^/\\]*$/));

/**
 * Whether text that comes with files is no more than their names, which some systems put beside files that
 * are copied.
 */
export function isOnlyNames(text: string, names: readonly string[]): boolean {
  const lines = text.split(/[\r\n]+/).map((line) => line.trim());
  return lines.every((line) => line === "" || names.includes(baseOf(line)));
}
