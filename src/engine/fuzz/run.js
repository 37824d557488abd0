// Opens mutated files until the time is up, or so many: `npm run fuzz -- 1000000`. See command.ts.
import { fileURLToPath } from "node:url";
import { createServer } from "vite";

const root = fileURLToPath(new URL("../../..", import.meta.url));
const server = await createServer({
  root,
  configFile: false,
  appType: "custom",
  logLevel: "error",
  server: { middlewareMode: true, watch: null, ws: false },
  optimizeDeps: { noDiscovery: true },
});
try {
  const { runCommand } = await server.ssrLoadModule("/src/engine/fuzz/command.ts");
  const isOk = await runCommand(process.argv.slice(2), process.env, console.log);
  process.exitCode = isOk ? 0 : 1;
} finally {
  await server.close();
}
