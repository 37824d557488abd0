import { playwright } from "@vitest/browser-playwright";
import { defineConfig, mergeConfig } from "vitest/config";

import { chromiumArgs, executablePath } from "./.ci/chromium.js";
import vite from "./vite.config.ts";

export default mergeConfig(
  vite,
  defineConfig({
    test: {
      projects: [
        {
          extends: true,
          test: {
            name: "unit",
            include: ["src/**/*.test.ts"],
            exclude: ["src/kernel/**", "src/gpu/**", "src/**/*.gpu.test.ts"],
            testTimeout: 60_000,
          },
        },
        {
          extends: true,
          test: {
            name: "gpu",
            include: ["src/kernel/**/*.test.ts", "src/gpu/**/*.test.ts", "src/**/*.gpu.test.ts"],
            testTimeout: 120_000,
            hookTimeout: 120_000, // the bundled model, on WebGPU in software
            fileParallelism: false,
            browser: {
              enabled: true,
              headless: true,
              screenshotFailures: false,
              provider: playwright({
                launchOptions: { executablePath: executablePath ?? undefined, args: chromiumArgs },
              }),
              instances: [{ browser: "chromium" }],
            },
          },
        },
      ],
    },
  }),
);
