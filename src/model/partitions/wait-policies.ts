// When a rollup fires, by how many of the keys that it waits for are there (Airflow:
// partition_mappers/wait_policy.py).
import type { WaitPolicy } from "./mappers.ts";

export interface Satisfaction {
  readonly isSatisfied: boolean;
  /** Why it never will be, whatever arrives; absent if it may be. */
  readonly unreachable?: string;
}

/** `expected` are the keys of the window, `arrived` those that are there, wanted or not. */
export function satisfactionOf(
  policy: WaitPolicy,
  {
    expected,
    arrived,
  }: { readonly expected: ReadonlySet<string>; readonly arrived: ReadonlySet<string> },
): Satisfaction {
  const matched = [...expected].filter((key) => arrived.has(key)).length;
  if (policy.kind === "wait-for-all") return { isSatisfied: matched === expected.size };
  const { n } = policy;
  if (n < 0) return { isSatisfied: matched >= Math.max(0, expected.size + n) };
  if (n <= expected.size) return { isSatisfied: matched >= n };
  const unreachable = `wait policy minimumCount(${n}) can never be satisfied, since the window has ${expected.size} keys`;
  return { isSatisfied: matched >= n, unreachable };
}
