import { useRef } from "react";

import { openFiles } from "../state/openFiles";
import { usePage } from "./stores";

/** Asks for files; the whole window takes them when they are dropped, too. */
export function OpenFilesButton({ className, name }: { className: string; name: string }) {
  const { reading } = usePage();
  const input = useRef<HTMLInputElement>(null);
  return (
    <>
      <input
        ref={input}
        type="file"
        multiple
        hidden
        onChange={({ currentTarget }) => {
          void openFiles(reading, [...(currentTarget.files ?? [])]);
          currentTarget.value = ""; // so that the same file can be chosen again
        }}
      />
      <button type="button" className={className} onClick={() => input.current?.click()}>
        {name}
      </button>
    </>
  );
}
