import { useEffect, useId, useRef } from "react";

import { count } from "../chart/numbers";
import { mostSeed } from "../lens/trainingSettingsSchema";
import { corpora } from "../state/corpora";
import type { TextChoice } from "../state/trainingState";
import { longestPaste } from "../state/trainingText";
import { FileName } from "./FileName";
import { fileSize } from "./fileWords";
import { NumberField } from "./NumberField";
import { Segments } from "./Segments";
import { usePage, useTraining } from "./stores";
import { TextFacts } from "./TextFacts";

const choices: readonly { value: TextChoice; name: string }[] = [
  { value: "paste", name: "Paste" },
  { value: "file", name: "File" },
  { value: "corpus", name: "Corpus" },
  { value: "sample", name: "Sample from the model" },
];

/** Files that are named one by one. */
const mostFiles = 8;

/** What is trained on: pasted, files, a corpus that comes with the page, or written by the model. */
export function TrainText() {
  const choice = useTraining((state) => state.text.choice);
  const setText = useTraining((state) => state.setText);
  return (
    <div className="train-step">
      <Segments
        label="Text"
        options={choices}
        value={choice}
        onChange={(next) => setText({ choice: next })}
      />
      <div className="train-body">
        {/* It stays, with what was pasted, while another choice is looked at. */}
        <div hidden={choice !== "paste"}>
          <Paste />
        </div>
        {choice === "file" && <Files />}
        {choice === "corpus" && <Corpora />}
        {choice === "sample" && <Sample />}
        <TextFacts />
      </div>
    </div>
  );
}

function Paste() {
  const { training } = usePage();
  const paste = useTraining((state) => state.paste);
  const give = useTraining((state) => state.give);
  const box = useRef<HTMLTextAreaElement>(null);
  useEffect(() => {
    const element = box.current;
    const takeLongPaste = (event: InputEvent) => {
      const text = event.inputType.startsWith("insertFrom") ? event.data : null;
      if (!text || text.length <= longestPaste) return;
      event.preventDefault();
      give(text);
    };
    element?.addEventListener("beforeinput", takeLongPaste);
    return () => element?.removeEventListener("beforeinput", takeLongPaste);
  }, [give]);
  useEffect(() => {
    // What a script gives is shown too; what is typed here stands here already.
    const show = () => {
      const text = training.getState().pasted();
      if (box.current && box.current.value !== text) box.current.value = text;
    };
    show();
    return training.subscribe((state, before) => {
      if (state.text !== before.text) show();
    });
  }, [training]);
  return (
    <textarea
      ref={box}
      rows={7}
      aria-label="Text to train on"
      placeholder="Some pages of text: the lens is made for what is like it."
      spellCheck={false}
      autoComplete="off"
      onInput={(event) => paste(event.currentTarget.value)}
    />
  );
}

function Files() {
  const files = useTraining((state) => state.text.files);
  const setText = useTraining((state) => state.setText);
  const input = useRef<HTMLInputElement>(null);
  const shown = files.slice(0, mostFiles).map((file, i) => ({ key: `${i} ${file.name}`, file }));
  return (
    <>
      <input
        ref={input}
        type="file"
        accept=".txt,.md,.jsonl,text/*"
        multiple
        hidden
        onChange={({ currentTarget }) => {
          const chosen = [...(currentTarget.files ?? [])];
          if (chosen.length > 0) setText({ files: chosen });
          currentTarget.value = ""; // so that the same file can be chosen again
        }}
      />
      <button type="button" className="secondary" onClick={() => input.current?.click()}>
        Choose text files…
      </button>
      {files.length > 0 ? (
        <ul className="train-files">
          {shown.map(({ key, file }) => (
            <li key={key}>
              <FileName path={file.name} /> <span className="size">{fileSize(file.size)}</span>
            </li>
          ))}
          {files.length > shown.length && (
            <li>and {count(files.length - shown.length, "other")}</li>
          )}
        </ul>
      ) : (
        <p className="aside">
          Or drop them on the page: a file of text is one document; .jsonl has one a line, its
          “text”.
        </p>
      )}
    </>
  );
}

function Corpora() {
  const corpus = useTraining((state) => state.text.corpus);
  const setText = useTraining((state) => state.setText);
  return (
    <div className="choices corpora" role="radiogroup" aria-label="Corpus">
      {corpora.map(({ id, name, by, year, sizeBytes, licence }) => (
        <label key={id}>
          <input
            type="radio"
            name="corpus"
            checked={corpus === id}
            onChange={() => setText({ corpus: id })}
          />
          <span>{name}</span>
          <small>
            {by}, {year}; {Math.round(sizeBytes / 1000)} kB, {licence}
          </small>
        </label>
      ))}
    </div>
  );
}

function Sample() {
  const sample = useTraining((state) => state.text.sample);
  const setText = useTraining((state) => state.setText);
  const id = useId();
  const change = (fields: Partial<typeof sample>) => setText({ sample: { ...sample, ...fields } });
  return (
    <div className="trio" role="group" aria-label="Sample">
      <label htmlFor={`${id}positions`}>Positions</label>
      <NumberField
        id={`${id}positions`}
        value={sample.positions}
        min={1}
        onChange={(positions) => positions && change({ positions })}
      />
      <label htmlFor={`${id}temperature`}>Temperature</label>
      <NumberField
        id={`${id}temperature`}
        value={sample.temperature}
        isWhole={false}
        min={Number.MIN_VALUE}
        onChange={(temperature) => temperature && change({ temperature })}
      />
      <label htmlFor={`${id}seed`}>Seed</label>
      <NumberField
        id={`${id}seed`}
        value={sample.seed}
        max={mostSeed}
        onChange={(seed) => seed !== null && change({ seed })}
      />
    </div>
  );
}
