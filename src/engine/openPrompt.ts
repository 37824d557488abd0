import { commonPrefix } from "../lens/accumulate";
import type { LensBackend } from "../lens/backend";
import { nextTask } from "../math/nextTask";
import type { Forward } from "../model/forward";
import type { HiddenStates } from "./hiddenStates";
import type { HiddenPrompt } from "./reader";

/**
 * A prompt of no tokens yet, which becomes any other by `follow`. Attention is causal: what was read of
 * the tokens that two prompts begin with holds for both.
 */
export function openPrompt<Hidden>(
  forward: Forward,
  hidden: HiddenStates<Hidden>,
  lens: LensBackend<Hidden>,
): HiddenPrompt<Hidden> {
  const context = forward.open();
  let followed: readonly number[] = [];
  const ids = () => followed.slice(0, context.length);
  return {
    get ids() {
      return ids();
    },
    get hidden() {
      return hidden.states;
    },
    async follow(wanted, signal) {
      context.cut(commonPrefix(ids(), wanted));
      followed = wanted;
      hidden.reserve(wanted.length);
      await nextTask();
      for await (const chunk of context.run(wanted.slice(context.length), signal)) {
        hidden.write(chunk);
        await nextTask();
      }
    },
    read: (request, signal) => lens.read({ ...request, hidden: hidden.states }, signal),
    dispose() {
      context.dispose();
      hidden.dispose();
    },
  };
}
