// Text in memory shared by a thread and its host: what a thread has not written yet survives its
// sudden end.
import type { UnwrittenTextWriter } from "../runtime/try-log.ts";

const HEADER_BYTES = 4;
const CAPACITY_BYTES = 64 * 1024;

export function createUnwrittenText(): SharedArrayBuffer {
  return new SharedArrayBuffer(HEADER_BYTES + CAPACITY_BYTES);
}

/** Takes what is there, on the side of the host once the thread is gone. */
export function takeUnwrittenText(shared: SharedArrayBuffer): string {
  const length = new Int32Array(shared, 0, 1);
  // A copy, as decoders refuse shared memory.
  const text = Buffer.from(
    new Uint8Array(shared, HEADER_BYTES, Atomics.load(length, 0)),
  ).toString();
  Atomics.store(length, 0, 0);
  return text;
}

/** The side of the thread. */
export function writeUnwrittenText(shared: SharedArrayBuffer): UnwrittenTextWriter {
  const length = new Int32Array(shared, 0, 1);
  const bytes = new Uint8Array(shared, HEADER_BYTES);
  const encoder = new TextEncoder();
  let used = 0;
  return {
    add(text) {
      // A UTF-16 unit takes at most three bytes.
      if (text.length * 3 > CAPACITY_BYTES - used) return false;
      used += encoder.encodeInto(text, bytes.subarray(used)).written;
      Atomics.store(length, 0, used);
      return true;
    },
    clear() {
      used = 0;
      Atomics.store(length, 0, 0);
    },
  };
}
