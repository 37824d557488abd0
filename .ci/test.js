// Runs everything, `npm test`: types, lint, unit, kernels in a browser, e2e; goes on after a failure,
// and ends with one count over all of them.
import { spawnSync } from "node:child_process";
import { mkdirSync, readFileSync, rmSync } from "node:fs";

import { executablePath, howToGetChromium } from "./chromium.js";

if (!executablePath) {
  console.error(howToGetChromium);
  process.exit(1);
}

const reports = "test-results";
rmSync(reports, { recursive: true, force: true });
mkdirSync(reports, { recursive: true });

/** @typedef {{ passed: number, failed: number }} Count */

/** @type {(name: string, args: string[], count: (isOk: boolean) => Count) => Count} */
function suite(name, args, count) {
  console.log(`\n── ${name}`);
  const { status } = spawnSync("npx", args, {
    stdio: "inherit",
    shell: process.platform === "win32",
  });
  const isOk = status === 0;
  const result = count(isOk);
  // A run that broke before it could count, or after, is one failure more than it says.
  return isOk || result.failed > 0 ? result : { ...result, failed: 1 };
}

const asOne = (/** @type {boolean} */ isOk) => ({ passed: isOk ? 1 : 0, failed: isOk ? 0 : 1 });

/** @type {(file: string) => any} */
function report(file) {
  try {
    return JSON.parse(readFileSync(file, "utf8"));
  } catch {
    return null;
  }
}

/** @type {(project: string) => Count} */
function vitest(project) {
  const file = `${reports}/${project}.json`;
  const reporters = ["--reporter=default", "--reporter=json", `--outputFile.json=${file}`];
  return suite(project, ["vitest", "run", "--project", project, ...reporters], () => {
    const counted = report(file);
    return { passed: counted?.numPassedTests ?? 0, failed: counted?.numFailedTests ?? 0 };
  });
}

const counts = [
  suite("types", ["tsc", "--noEmit"], asOne),
  suite("lint", ["biome", "check", "--error-on-warnings"], asOne),
  suite("unused code", ["knip"], asOne),
  vitest("unit"),
  vitest("gpu"),
  suite("e2e", ["playwright", "test"], () => {
    const stats = report(`${reports}/e2e.json`)?.stats;
    return { passed: stats?.expected ?? 0, failed: (stats?.unexpected ?? 0) + (stats?.flaky ?? 0) };
  }),
];

const passed = counts.reduce((sum, count) => sum + count.passed, 0);
const failed = counts.reduce((sum, count) => sum + count.failed, 0);
console.log(`\n${passed} passed, ${failed} failed`);
process.exit(failed === 0 && passed > 0 ? 0 : 1);
