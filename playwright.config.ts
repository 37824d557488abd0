import { defineConfig } from "@playwright/test";

import { chromiumArgs, executablePath } from "./.ci/chromium.js";

const port = 4791;

export default defineConfig({
  testDir: "e2e",
  outputDir: "test-results/e2e",
  reporter: [["list"], ["json", { outputFile: "test-results/e2e.json" }]],
  retries: 0,
  workers: 2,
  timeout: 120_000,
  expect: { timeout: 60_000 },
  use: {
    baseURL: `http://localhost:${port}`,
    viewport: { width: 1440, height: 900 },
    launchOptions: { executablePath: executablePath ?? undefined, args: chromiumArgs },
  },
  webServer: {
    command: `npm start -- --port ${port} --strictPort`,
    url: `http://localhost:${port}`,
    timeout: 120_000,
  },
});
