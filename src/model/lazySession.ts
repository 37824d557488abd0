import type { OnnxModel } from "./graph";
import type { Runtime, Session } from "./runtime";

/** A session that is made when it is first wanted. */
type LazySession = {
  /**
   * Where it could not be made, the next call tries again.
   *
   * @throws DOMException named `AbortError` once it is disposed
   */
  get(): Promise<Session>;
  dispose(): void;
};

export function lazySession(
  runtime: Pick<Runtime, "session">,
  build: () => OnnxModel,
): LazySession {
  let session: Promise<Session> | null = null;
  let isDisposed = false;
  return {
    async get() {
      if (isDisposed) throw new DOMException("The model was closed.", "AbortError");
      session ??= runtime.session(build());
      const made = session;
      try {
        return await made;
      } catch (error) {
        if (session === made) session = null;
        throw error;
      }
    },
    dispose() {
      isDisposed = true;
      session?.then(
        ({ dispose }) => dispose(),
        () => {}, // whoever wanted it was told
      );
      session = null;
    },
  };
}
