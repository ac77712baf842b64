// The stream of changes as server-sent events. After each write it looks what has changed; writes
// that come together, or while the reader is slow, are told together, so that nothing piles up.
// Each event carries its cursor: whoever was cut off goes on behind it.
import type { ChangeSource } from "../../../../ports/platform.ts";
import type { ApiContext } from "../../../context.ts";
import { Problem } from "../../../problems.ts";
import { toEventStream } from "../events/to-event-stream.ts";
import { type Changes, type ChangesQuery, changesSince } from "./changes-since.ts";

/** Between two looks at least, ms. */
const PAUSE_MS = 200;
/** Looks may take a fifth of the time at most. */
const LOOK_SHARE = 5;
/** A comment tells both sides that the other is there, ms. */
const HEARTBEAT_MS = 15_000;
/** Then the client asks again, with whatever rights it has by then, ms. */
const LONGEST_MS = 5 * 60_000;
/** The client waits so long before it does, ms. */
const RETRY_MS = 1_000;

interface Following {
  readonly asked: ChangesQuery;
  /** What has changed before the first event. */
  readonly first: Changes;
}

/** It ends when its time is over, and when what is asked for is gone, or no longer allowed. */
export function changeEvents(
  context: ApiContext,
  source: ChangeSource,
  following: Following,
): ReadableStream<Uint8Array> {
  return toEventStream(follow(context, { source, ...following }));
}

async function* follow(
  context: ApiContext,
  { source, asked, first }: Following & { readonly source: ChangeSource },
): AsyncGenerator<string, void, AbortSignal> {
  const { clock } = context.platform;
  const writes = createBell(source);
  try {
    const gone = yield `retry: ${RETRY_MS}\n\n`;
    if (first.answer) yield toEvent(first.answer);
    let { cursor } = first;
    const until = clock.now() + LONGEST_MS;
    while (!gone.aborted && clock.now() < until) {
      const hasRung = await writes.rings(HEARTBEAT_MS, { clock, gone });
      if (gone.aborted) return;
      if (!hasRung) {
        yield ": still here\n\n";
        continue;
      }
      const begun = clock.now();
      const changes = await stillAllowed(changesSince(context, { ...asked, cursor }));
      if (!changes) return;
      const took = clock.now() - begun;
      cursor = changes.cursor;
      if (changes.answer) yield toEvent(changes.answer);
      await clock.sleep(Math.max(PAUSE_MS, took * (LOOK_SHARE - 1)), gone);
    }
  } finally {
    writes.close();
  }
}

/** Undefined where it is refused by now: who asks again is told why. */
async function stillAllowed(changes: Promise<Changes>): Promise<Changes | undefined> {
  try {
    return await changes;
  } catch (error) {
    if (error instanceof Problem) return undefined;
    throw error;
  }
}

function toEvent(answer: NonNullable<Changes["answer"]>): string {
  return `id: ${answer.cursor}\nevent: changes\ndata: ${JSON.stringify(answer)}\n\n`;
}

interface Bell {
  /** Whether a write was made since the last call, or is within so many ms. */
  rings(
    ms: number,
    options: { readonly clock: ApiContext["platform"]["clock"]; readonly gone: AbortSignal },
  ): Promise<boolean>;
  close(): void;
}

function createBell(source: ChangeSource): Bell {
  // What was written before it hung is looked at first.
  let hasRung = true;
  let wake: (() => void) | undefined;
  const stop = source.listen(() => {
    hasRung = true;
    wake?.();
  });
  return {
    async rings(ms, { clock, gone }) {
      if (!hasRung) {
        const woken = new AbortController();
        wake = () => woken.abort();
        await clock.sleep(ms, AbortSignal.any([woken.signal, gone]));
        wake = undefined;
      }
      const rang = hasRung;
      hasRung = false;
      return rang;
    },
    close: stop,
  };
}
