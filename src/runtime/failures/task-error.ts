// Turns whatever was thrown into the error of an outcome.
import { inspect } from "node:util";
import type { TaskError } from "../../model/task-call.ts";

const MAX_MESSAGE = 8_192;
const MAX_STACK = 32_768;

/**
 * The module that calls what authors and operators wrote: what stands below it in a stack says
 * nothing of them.
 */
const CALLER = new URL("../execute.", import.meta.url).pathname;

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
    stacks.push(withoutCallers(String(next.stack)));
    next = next.cause;
  }
  return stacks.join("\nCaused by: ");
}

function withoutCallers(stack: string): string {
  const lines = stack.split("\n");
  let end = lines.findIndex((line) => /^\s+at /.test(line) && line.includes(CALLER));
  if (end < 0) end = lines.length;
  while (end > 0 && /^\s+at (.*\()?node:/.test(lines[end - 1] ?? "")) end -= 1;
  return lines.slice(0, end).join("\n");
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
