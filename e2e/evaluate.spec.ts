import { strFromU8, unzipSync } from "fflate";

import { dropFiles, tiny } from "./lensFiles";
import { expect } from "./page";
import { fill, idsText, saved, test, trainParts, trainToTheEnd } from "./trainTab";

/** Of a line of CSV; a name may have a comma. */
const fieldsOf = (line: string) =>
  Array.from(line.matchAll(/(?:^|,)(?:"((?:[^"]|"")*)"|([^,]*))/g), ([, quoted, plain]) =>
    quoted === undefined ? plain : quoted.replaceAll('""', '"'),
  );

test("two lenses are held to the text: a table each, which the CSV has in full", async ({
  tab,
}) => {
  await fill(tab, 20);
  const { trained } = await trainToTheEnd(tab);
  await dropFiles(tab, ...tiny.lens);
  const { evaluation } = trainParts(tab);
  const lenses = evaluation.getByRole("group", { name: "Lenses" });
  await expect(lenses.getByRole("checkbox", { checked: true })).toHaveCount(3); // once it is open
  await evaluation.getByRole("button", { name: "Evaluate" }).click();
  await expect(evaluation).toContainText("Of 768 held-out positions in 6 sequences of pasted text");

  const [mine, other] = (await evaluation.getByText(/^Numbers of /).allInnerTexts()).slice(-2);
  const shown: Record<string, number[]> = {};
  for (const name of [mine, other]) {
    await evaluation.getByText(name, { exact: true }).click();
    const table = evaluation.getByRole("region", { name: name.replace("Numbers of ", "") });
    await expect(table.getByRole("row")).toHaveCount(5);
    const rows = (await table.getByRole("row").allInnerTexts()).map((row) => row.split("\t"));
    expect(rows[0]).toEqual([
      "layer",
      "KL(final ‖ lens), nats",
      "Cross entropy, nats",
      "Entropy, nats",
      "Agreement",
    ]);
    expect(rows.slice(1).map(([layer]) => layer)).toEqual(["0", "1", "2", "output"]);
    shown[name] = rows.slice(1, 4).map((row) => Number.parseFloat(row[1]));
  }
  const mean = shown[mine].reduce((sum, kl) => sum + kl / 3, 0);
  expect(mean / trained).toBeCloseTo(1, 1.5); // the page writes three digits of each

  const csv = await saved(tab, () => evaluation.getByRole("button", { name: "Save CSV" }).click());
  expect(csv.name).toBe("evaluation-pasted.csv");
  const lines = csv.bytes.toString().trimEnd().split("\r\n").map(fieldsOf);
  const open = await lenses.getByRole("checkbox", { checked: true }).count();
  expect(lines).toHaveLength(1 + open * 4 * 4); // rows and statistics
  for (const name of [mine, other]) {
    const kl = lines.filter(
      ([lens, , row, , statistic]) =>
        `Numbers of ${lens}` === name && row !== "output" && statistic === "klFromFinal",
    );
    expect(kl.map((line) => Number(Number(line[5]).toPrecision(3)))).toEqual(shown[name]);
    for (const [, , , , , value, low, high] of kl) {
      expect(Number(low)).toBeLessThan(Number(value));
      expect(Number(high)).toBeGreaterThan(Number(value));
    }
  }
});

test("Train elsewhere saves a zip of the text, the settings and a script for PyTorch", async ({
  tab,
}) => {
  const text = idsText(12);
  await fill(tab, 7, text);
  const { more, panel } = trainParts(tab);
  await more.click();
  const zip = await saved(tab, () =>
    panel.getByRole("button", { name: "Train elsewhere…" }).click(),
  );
  await more.click();
  expect(zip.name).toBe("train-my-text.zip");
  const files = unzipSync(zip.bytes);
  const names = Object.keys(files).map((path) => path.split("/").at(-1) ?? "");
  expect(names).toEqual(expect.arrayContaining(["train.py", "README.md", "requirements.txt"]));
  const all = Object.entries(files).map(([path, bytes]) => ({
    path,
    content: strFromU8(bytes, true),
  }));
  expect(all.find(({ path }) => path.endsWith("train.py"))?.content).toContain("import torch");
  expect(
    all
      .filter(({ path }) => path.endsWith(".json"))
      .map(({ content }) => content)
      .join(),
  ).toMatch(/"steps":\s*7\b/);
  expect(all.some(({ content }) => content.includes(text.slice(0, 200)))).toBe(true);
  await expect(panel).toContainText("Saved as train-my-text.zip.");
});
