/** Where the focus goes when the button that had it is gone: the prompt, or the tab that is in front. */
export function focusPrompt() {
  const prompt = document.getElementById("prompt");
  const tab = document.querySelector<HTMLElement>('[role="tab"][aria-selected="true"]');
  (prompt?.checkVisibility() ? prompt : tab)?.focus();
}
