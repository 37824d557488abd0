/** WebAssembly in its text form, as `vite.config.ts` assembles it: the bytes of a module. */
declare module "*.wat" {
  const bytes: Uint8Array<ArrayBuffer>;
  export default bytes;
}
