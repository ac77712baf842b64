// `update_mask`: the fields of a body that count.
import { Problem } from "../../problems.ts";

const MASKED: ReadonlySet<string> = new Set(["state", "new_state", "note"]);

/** Only the fields that the mask names, if it names any; what else says how to change stays. */
export function masked<T extends object>(body: T, mask: readonly string[]): Partial<T> {
  if (mask.length === 0) return body;
  const unknown = mask.find((name) => !MASKED.has(name));
  if (unknown !== undefined) throw new Problem(400, `\`${unknown}\` can't be updated`);
  const entries = Object.entries(body).filter(
    ([name]) => mask.includes(name) || name.startsWith("include_"),
  );
  return Object.fromEntries(entries) as Partial<T>;
}
