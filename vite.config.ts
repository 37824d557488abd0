import react from "@vitejs/plugin-react";
import { defineConfig } from "vite";

/** Cross-origin isolation: without it the browser gives wasm one thread. */
const headers = {
  "Cross-Origin-Opener-Policy": "same-origin",
  "Cross-Origin-Embedder-Policy": "require-corp",
};

export default defineConfig({
  base: "./",
  plugins: [react()],
  // onnxruntime-web's entry that takes its .wasm and .mjs by URL, so that they are files of ours.
  resolve: {
    conditions: ["onnxruntime-web-use-extern-wasm", "module", "browser", "development|production"],
  },
  server: { headers },
  preview: { headers },
  worker: { format: "es" },
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
