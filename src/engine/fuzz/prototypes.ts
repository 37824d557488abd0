const prototypes = { Object, Array, Map, String, Number, Function, Uint8Array };

/** What the language gives them, and what was added before. */
const clean = Object.entries(prototypes).map(([name, { prototype }]) => ({
  name,
  prototype: prototype as object,
  keys: new Set(Reflect.ownKeys(prototype)),
}));

/** What was added to the language's prototypes since, a line each; it is taken away again. */
export function cleanPrototypes(): string[] {
  const added: string[] = [];
  for (const { name, prototype, keys } of clean) {
    for (const key of Reflect.ownKeys(prototype)) {
      if (keys.has(key)) continue;
      added.push(`adds ${String(key)} to ${name}.prototype`);
      Reflect.deleteProperty(prototype, key);
    }
  }
  return added;
}
