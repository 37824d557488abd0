import { type KeyboardEvent, useEffect, useRef, useState } from "react";

import { count } from "../chart/numbers";
import { shownOnPage } from "../state/readingStore";
import { useReading } from "./stores";
import { useGrowing } from "./useGrowing";

/** More than any context holds. A browser needs seconds to lay out what it inserts past this. */
const longestPaste = 200_000;

const readKeys = /Mac|iPhone|iPad/.test(navigator.platform) ? "⌘↵" : "Ctrl ↵";

/** The first of a list, with what is left out. */
const listed = (ids: readonly number[]) =>
  ids.length > 12
    ? `${ids.slice(0, 12).join(", ")} … (${count(ids.length, "id")})`
    : ids.join(", ");

export function PromptForm() {
  const prompt = useReading((state) => state.prompt);
  const edit = useReading((state) => state.edit);
  const open = useReading((state) => state.open);
  const read = useReading((state) => state.read);
  const isLoading = useReading((state) => state.progress.status === "loading");
  const ids = useReading((state) => state.ids);
  const hasTokenizer = useReading((state) => state.info?.hasTokenizer !== false);
  const nTokens = useReading((state) => state.reading?.tokens.length ?? null);
  const [refusal, setRefusal] = useState<string | null>(null);
  const box = useRef<HTMLTextAreaElement>(null);
  const isTouched = useRef(false);
  const grow = useGrowing(box);

  // The box keeps its own text: setting megabytes again with each key would block the page.
  useEffect(() => {
    if (!box.current || box.current.value === prompt) return;
    box.current.value = prompt;
    grow();
  }, [prompt, grow]);

  useEffect(() => {
    const refuseLongPaste = (event: InputEvent) => {
      const length = event.inputType.startsWith("insertFrom") ? (event.data?.length ?? 0) : 0;
      if (length <= longestPaste) return setRefusal(null);
      event.preventDefault();
      setRefusal(
        `That text has ${count(length, "character")}, more than a model can read at once. Paste a shorter piece.`,
      );
    };
    const element = box.current;
    element?.addEventListener("beforeinput", refuseLongPaste);
    return () => element?.removeEventListener("beforeinput", refuseLongPaste);
  }, []);

  /** Whoever touches the prompt is about to read: the model loads meanwhile, once. */
  const touch = () => {
    if (isTouched.current) return;
    isTouched.current = true;
    void shownOnPage(open());
  };
  const submit = () => void shownOnPage(read());
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.key !== "Enter" || !(event.metaKey || event.ctrlKey)) return;
    event.preventDefault();
    submit();
  };
  const placeholder = ids
    ? `Token ids: ${listed(ids)}. Type to read ${hasTokenizer ? "text" : "others"}.`
    : hasTokenizer
      ? undefined
      : "Token ids, such as 12 7 300";
  return (
    <>
      <div className="prompt">
        <label htmlFor="prompt">Prompt</label>
        <textarea
          id="prompt"
          ref={box}
          rows={2}
          spellCheck={false}
          autoComplete="off"
          defaultValue={prompt}
          aria-describedby={hasTokenizer ? undefined : "prompt-hint"}
          placeholder={placeholder}
          onPointerDown={touch}
          onInput={(event) => {
            touch();
            edit(event.currentTarget.value);
            grow();
          }}
          onKeyDown={onKeyDown}
        />
        <p className="hint" role="alert">
          {refusal}
        </p>
      </div>
      <div className="run">
        <button type="button" className="primary" disabled={isLoading} onClick={submit}>
          Read
        </button>
        <kbd className="shortcut">{readKeys}</kbd>
        {nTokens !== null && <span className="count">{count(nTokens, "token")}</span>}
      </div>
    </>
  );
}

/** In place of the examples, which are text. */
export const PromptHint = () => (
  <p className="prompt-hint" id="prompt-hint">
    Token ids, such as 12 7 300. This model has no tokenizer here.
  </p>
);
