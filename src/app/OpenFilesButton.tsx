import { useRef } from "react";

import { usePage } from "./stores";

/** Asks for files; the whole window takes them when they are dropped, too. */
export function OpenFilesButton(props: {
  readonly className: string;
  readonly name: string;
  /** Files were chosen, and are being opened. */
  readonly onChosen?: () => void;
}) {
  const { className, name, onChosen } = props;
  const { files } = usePage();
  const input = useRef<HTMLInputElement>(null);
  return (
    <>
      <input
        ref={input}
        type="file"
        multiple
        hidden
        onChange={({ currentTarget }) => {
          void files.getState().open([...(currentTarget.files ?? [])]);
          currentTarget.value = ""; // so that the same file can be chosen again
          onChosen?.();
        }}
      />
      <button type="button" className={className} onClick={() => input.current?.click()}>
        {name}
      </button>
    </>
  );
}
