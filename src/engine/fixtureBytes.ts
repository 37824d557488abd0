const urls = import.meta.glob<string>("./fixtures/**/*.{safetensors,json,pt}", {
  query: "?url",
  import: "default",
  eager: true,
});

/** A fixture's bytes in a test that runs in the browser, by its path under `fixtures/`. */
export async function fixtureBytes(path: string): Promise<Uint8Array<ArrayBuffer>> {
  const url = urls[`./fixtures/${path}`];
  if (!url) throw new Error(`no fixture ${path}`);
  return new Uint8Array(await (await fetch(url)).arrayBuffer());
}
