/** A name that fits beside a line: its beginning, where it is longer. */
export const shortened = (name: string, most = 24) =>
  name.length <= most ? name : `${name.slice(0, most - 1).trimEnd()}…`;
