// Turns whatever was thrown into the error of an outcome.
import { inspect } from "node:util";
import type { TaskError } from "../model/task-call.ts";

const MAX_MESSAGE = 8_192;
const MAX_STACK = 32_768;

/** Never throws, whatever was thrown; long texts are cut. */
export function toTaskError(thrown: unknown): TaskError {
  if (!(thrown instanceof Error)) {
    return { name: "Error", message: cut(`threw ${inspectSafely(thrown)}`, MAX_MESSAGE) };
  }
  return {
    name: String(thrown.name),
    message: cut(String(thrown.message), MAX_MESSAGE),
    ...(thrown.stack === undefined ? {} : { stack: cut(stackOf(thrown), MAX_STACK) }),
  };
}

/** With the stacks of its causes. */
function stackOf(error: Error): string {
  const stacks: string[] = [];
  let next: unknown = error;
  for (let depth = 0; depth < 5 && next instanceof Error; depth += 1) {
    stacks.push(String(next.stack));
    next = next.cause;
  }
  return stacks.join("\nCaused by: ");
}

function inspectSafely(value: unknown): string {
  try {
    return inspect(value, { depth: 2 });
  } catch {
    return "something that can't be shown";
  }
}

function cut(text: string, length: number): string {
  return text.length > length ? `${text.slice(0, length)}… [${text.length} characters]` : text;
}
