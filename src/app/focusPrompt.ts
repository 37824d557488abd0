/** Where the focus goes when the button that had it is gone. */
export const focusPrompt = () => document.getElementById("prompt")?.focus();
