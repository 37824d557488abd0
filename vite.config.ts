import react from "@vitejs/plugin-react";
import { defineConfig, type Plugin } from "vite";
import openWabt from "wabt";

/** Cross-origin isolation: without it the browser gives wasm one thread. */
const headers = {
  "Cross-Origin-Opener-Policy": "same-origin",
  "Cross-Origin-Embedder-Policy": "require-corp",
};

/** A `.wat` file is the bytes of its module. */
function wat(): Plugin {
  return {
    name: "wat",
    async transform(text, id) {
      if (!id.endsWith(".wat")) return;
      const { parseWat } = await openWabt();
      const parsed = parseWat(id, text, { simd: true });
      const { buffer } = parsed.toBinary({});
      parsed.destroy();
      const base64 = JSON.stringify(Buffer.from(buffer).toString("base64"));
      const code = `export default Uint8Array.from(atob(${base64}), (c) => c.charCodeAt(0));`;
      return { code, map: null, moduleType: "js" };
    },
  };
}

export default defineConfig({
  base: "./",
  plugins: [react(), wat()],
  // onnxruntime-web's entry that takes its .wasm and .mjs by URL, so that they are files of ours.
  resolve: {
    conditions: ["onnxruntime-web-use-extern-wasm", "module", "browser", "development|production"],
  },
  server: { headers },
  preview: { headers },
  worker: { format: "es", plugins: () => [wat()] },
  build: {
    target: "es2023",
    assetsInlineLimit: 0,
    chunkSizeWarningLimit: 1024,
    reportCompressedSize: false,
  },
  optimizeDeps: {
    exclude: ["onnxruntime-web"],
    include: ["onnx-proto", "@huggingface/gguf", "@huggingface/tokenizers", "hash-wasm", "comlink"],
  },
});
