/**
 * Hands values from one who waits until each is done with to another who asks for them, one by one.
 * Asking for the next is being done with the one before.
 */
export function createHandover<T extends object>() {
  type Given = { readonly value: T; readonly done: () => void };
  let given: Given | null = null;
  let taken: Given | null = null;
  let isOver = false;
  let wake = () => {};

  return {
    /** Resolves once the other is done with the value, or wants no more. */
    give: (value: T) =>
      new Promise<void>((resolve) => {
        if (isOver) return resolve();
        given = { value, done: resolve };
        wake();
      }),
    /** The next value; null once it is over. */
    async take(): Promise<T | null> {
      taken?.done();
      taken = null;
      while (!given && !isOver) {
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
      }
      taken = given;
      given = null;
      return taken?.value ?? null;
    },
    /** No more values come, or are wanted. */
    end(): void {
      isOver = true;
      taken?.done();
      given?.done();
      wake();
    },
  };
}

export type Handover<T extends object> = ReturnType<typeof createHandover<T>>;
