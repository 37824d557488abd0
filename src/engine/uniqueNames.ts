import type { Found, NamedBlob } from "./protocol";

/** The same with unique names: a second file of a name is put into a folder `2`, a third into `3`. */
export function uniqueNames(found: readonly Found[]): Found[] {
  const named = new Map<NamedBlob, NamedBlob>();
  const taken = new Set<string>();
  const times = new Map<string, number>();

  /** A config may be several lenses': it keeps its name. */
  function unique(file: NamedBlob): NamedBlob {
    const known = named.get(file);
    if (known) return known;
    let { name } = file;
    for (let nth = (times.get(file.name) ?? 0) + 1; ; ++nth) {
      name = nth === 1 ? file.name : `${nth}/${file.name}`;
      times.set(file.name, nth);
      if (!taken.has(name)) break;
    }
    taken.add(name);
    const one = { name, blob: file.blob };
    named.set(file, one);
    return one;
  }

  return found.map((one): Found => {
    switch (one.kind) {
      case "model":
        return { ...one, files: one.files.map(unique) };
      case "lens":
        return {
          ...one,
          parameters: unique(one.parameters),
          config: one.config && unique(one.config),
        };
      default:
        return { ...one, file: unique(one.file) };
    }
  });
}
