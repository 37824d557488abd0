/**
 * Prints a section as Markdown.
 *
 * @param {string} title
 * @param {string} note what the numbers are
 * @param {readonly string[]} columns
 * @param {readonly (readonly string[])[]} rows
 */
export function report(title, note, columns, rows) {
  console.log(`\n### ${title}\n\n${note}\n`);
  const all = [columns, ...rows];
  const widths = columns.map((_, i) => Math.max(...all.map((row) => row[i].length)));
  const line = (/** @type {readonly string[]} */ cells) =>
    `| ${cells.map((cell, i) => (i ? cell.padStart(widths[i]) : cell.padEnd(widths[i]))).join(" | ")} |`;
  console.log(line(columns));
  console.log(
    `|${widths.map((w, i) => (i ? `${"-".repeat(w + 1)}:` : "-".repeat(w + 2))).join("|")}|`,
  );
  for (const row of rows) console.log(line(row));
}

/** Says on stderr what is being measured, so that stdout holds nothing but the report. */
export const progress = (/** @type {string} */ what) => console.error(`  ${what}`);

/** @param {number} a @param {number} b */
export const ratio = (a, b) => (Number.isNaN(a / b) ? notMeasured : `${(a / b).toFixed(2)}×`);

/** @param {number} ms */
export const seconds = (ms) => `${(ms / 1000).toFixed(ms < 1000 ? 3 : 2)} s`;

/** @param {number} bytes */
export const megabytes = (bytes) =>
  Number.isNaN(bytes) ? notMeasured : `${Math.round(bytes / 1e6).toLocaleString("en")} MB`;

export const notMeasured = "not measured";
