/** Bytes that are no whole character: a reading keeps them as `U+DC00 + byte`. */
const strayByte = /[\uDC80-\uDCFF]/gu;
/** What a page would not show, or would let act on its neighbours. */
const invisible = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Surrogate}]|(?! )\p{Zs}/gu;

const hex = (code: number, digits: number) => code.toString(16).toUpperCase().padStart(digits, "0");

/** A token's text with everything but space, newline and tab readable: `⟨E2⟩`, `⟨U+200B⟩`. */
export const readable = (text: string) =>
  text
    .replace(strayByte, (c) => `⟨${hex(c.charCodeAt(0) & 0xff, 2)}⟩`)
    .replace(invisible, (c) =>
      c === "\n" || c === "\t" ? c : `⟨U+${hex(c.codePointAt(0) ?? 0, 4)}⟩`,
    );

/** A token in quotes, as the names of cells say it. */
export const quoted = (text: string) => JSON.stringify(readable(text));
