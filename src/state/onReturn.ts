type Target = Pick<EventTarget, "addEventListener" | "removeEventListener">;

/**
 * Acts now, and each time the visitor comes back to the page: from another tab, or another window.
 *
 * @param page says when it is seen again
 * @param frame says when it has the focus again
 * @returns what ends it
 */
export function onReturn(
  act: () => void,
  page: Target & Pick<Document, "visibilityState">,
  frame: Target,
): () => void {
  const onVisibility = () => {
    if (page.visibilityState === "visible") act();
  };
  page.addEventListener("visibilitychange", onVisibility);
  frame.addEventListener("focus", act);
  act();
  return () => {
    page.removeEventListener("visibilitychange", onVisibility);
    frame.removeEventListener("focus", act);
  };
}
