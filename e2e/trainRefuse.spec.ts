import { dropFiles } from "./lensFiles";
import { expect } from "./page";
import { fill, idsText, receiptKl, test, trainParts } from "./trainTab";

test.describe("a text that cannot be trained on", () => {
  test("shorter than two sequences: what it has, and what it needs", async ({ tab }) => {
    const { text, textFrom, alert, train } = trainParts(tab);
    await textFrom("Paste").check();
    await text.fill("5 17 3 3 42");
    const sentence = "This text has 5 tokens, and two sequences of 128 positions need 256";
    await expect(alert(sentence)).toBeVisible();
    await train.click();
    await expect(alert(sentence)).toHaveCount(1);
    await expect(train).toBeEnabled();
    await alert(sentence).getByRole("button", { name: "Dismiss" }).click();
    await expect(alert(sentence)).toHaveCount(0);
  });

  test("nor evaluated on: said once, where Evaluate was pressed", async ({ tab }) => {
    const { text, alert, evaluation } = trainParts(tab);
    await text.fill("5 17 3");
    await evaluation.getByRole("button", { name: "Evaluate" }).click();
    const said = alert("This text has 3 tokens");
    await expect(evaluation.getByRole("alert")).toContainText("This text has 3 tokens");
    await expect(said).toHaveCount(1);
    await said.getByRole("button", { name: "Dismiss" }).click();
    await expect(said).toHaveCount(0);
  });

  test("one token over and over: there is nothing to learn", async ({ tab }) => {
    const { text, alert } = trainParts(tab);
    await text.fill("7 ".repeat(128 * 3));
    await expect(alert("This text is one token over and over")).toBeVisible();
  });

  test("words, for a model without a tokenizer: which, and what would do", async ({ tab }) => {
    const { text, alert } = trainParts(tab);
    await text.fill("Some pages of text");
    await expect(
      alert('This model has no tokenizer: type token ids, such as 12 7 198. "Some" is not one.'),
    ).toBeVisible();
  });

  test("a binary file: its name, and how to save it", async ({ tab }) => {
    const { textFrom, panel, alert } = trainParts(tab);
    await textFrom("File").check();
    const [chooser] = await Promise.all([
      tab.waitForEvent("filechooser"),
      panel.getByRole("button", { name: "Choose text files…" }).click(),
    ]);
    const buffer = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0, 0, 0, 13]);
    await chooser.setFiles({ name: "picture.txt", mimeType: "text/plain", buffer });
    await expect(alert("picture.txt is not a text in UTF-8.")).toBeVisible();
  });

  test("500 MB: refused by its size, before it is read", async ({ tab }) => {
    await tab.evaluate(() => {
      const megabyte = new Blob(["12 7 30 ".repeat(125_000)]);
      const dataTransfer = new DataTransfer();
      dataTransfer.items.add(new File(Array(500).fill(megabyte), "big.txt"));
      dispatchEvent(new DragEvent("drop", { dataTransfer, bubbles: true, cancelable: true }));
    });
    await expect(
      trainParts(tab).alert("big.txt has 500 MB; a text of up to 64 MB is taken here."),
    ).toBeVisible();
  });

  test("the next text that can be is counted, and no alert is left", async ({ tab }) => {
    const { panel, alert } = trainParts(tab);
    const bytes = new TextEncoder().encode(idsText(12));
    await dropFiles(tab, { name: "ids.txt", bytes });
    await expect(panel).toContainText("1,408 positions to train on, 128 held out.");
    await expect(alert(/./)).toHaveCount(0);
  });
});

test("a number as the page writes it is taken; what is none is said, and leaves what was there", async ({
  tab,
}) => {
  const { more, field } = trainParts(tab);
  await more.click();
  const heldOut = field("Held out, positions");
  await heldOut.fill("");
  await heldOut.pressSequentially("1,024");
  await heldOut.blur();
  await expect(heldOut).toHaveValue("1024");
  await heldOut.fill("");
  await heldOut.pressSequentially("1,5");
  const sentence = "“1,5” is not a whole number from 1.";
  await expect(heldOut).toHaveAccessibleDescription(sentence);
  await expect(heldOut).toHaveAttribute("aria-invalid", "true");
  await heldOut.blur();
  await expect(heldOut).toHaveValue("1024");
  await expect(heldOut).toHaveAccessibleDescription(sentence);
  await heldOut.fill("");
  await heldOut.blur();
  await expect(heldOut).toHaveValue("");
  await expect(heldOut).toHaveAccessibleDescription("");
  await expect(field("Seed of the training")).toHaveCount(1);
  await more.click();
});

test("a learning rate that diverges: at which step, and the lens before that is kept", async ({
  tab,
}) => {
  const { more, field, train, status, receipt } = trainParts(tab);
  await fill(tab, 60, idsText(12));
  await more.click();
  await field(/^Learning rate/).fill("1e6");
  await train.click();
  await expect(status).toHaveText(
    /^It diverged at step \d+, after \d+ s; the best lens before that is kept\./,
  );
  await expect(receipt).toContainText(/Training diverged at step \d+\. .* smaller learning rate/);
  const { closedForm, trained } = await receiptKl(tab);
  expect(trained).toBeLessThanOrEqual(closedForm);
  await field(/^Learning rate/).fill("");
  await more.click();
});
