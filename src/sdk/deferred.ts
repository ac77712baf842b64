// What an operator answers whose task is to wait for something, without its code.
import type { Wait } from "../model/waits/waits.ts";

const DEFERRED = Symbol.for("stepwind.Deferred");

/** The answer of an operator's `execute`: the task ends when what it waits for has come. */
export class Deferred {
  readonly [DEFERRED] = true;
  readonly wait: Wait;

  constructor(wait: Wait) {
    this.wait = wait;
  }
}

/** Also one of another copy of the SDK. */
export function isDeferred(value: unknown): value is Deferred {
  return typeof value === "object" && value !== null && DEFERRED in value;
}
