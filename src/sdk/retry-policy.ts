// Retry policies: what an error means for the tries left (Airflow 3.3: sdk/definitions/retry_policy).
// Asked in the worker, where the error is at hand.
import { type Duration, parseDuration } from "../model/values/durations.ts";
import type { TaskContext } from "./context.ts";

/**
 * "retry" and "default" retry while `retries` allows it, "fail" never. Only "retry" may bring a
 * delay.
 */
export type RetryAction = "retry" | "fail" | "default";

export interface RetryDecision {
  readonly action: RetryAction;
  /** In the place of the task's own delay, for this retry. */
  readonly retryDelay?: Duration;
  /** For people: in the log, and in what is recorded of the try. */
  readonly reason?: string;
}

export interface RetryFacts {
  /** What was thrown. */
  readonly exception: unknown;
  /** 1 for the first try. */
  readonly tryNumber: number;
  /** Tries allowed besides the first. */
  readonly maxTries: number;
  readonly context: TaskContext;
}

/** A policy of one's own has this one method; what it throws is logged, and the defaults hold. */
export interface RetryPolicy {
  evaluate(facts: RetryFacts): RetryDecision | Promise<RetryDecision>;
}

/** A class of errors, or its name: `HttpError`, "TypeError". */
export type ExceptionSpec = string | (abstract new (...parameters: never) => unknown);

export interface RetryRule {
  /** The rule matches an error of any of these classes. */
  readonly exception: ExceptionSpec | readonly ExceptionSpec[];
  /** "retry" by default. */
  readonly action?: RetryAction;
  readonly retryDelay?: Duration;
  readonly reason?: string;
  /** Whether errors of derived classes match as well; true by default. */
  readonly matchSubclasses?: boolean;
}

export interface ExceptionRetryPolicyOptions {
  /** The first that matches counts. */
  readonly rules: readonly RetryRule[];
  /** For errors that no rule matches; "default" by default. */
  readonly default?: RetryAction;
}

/**
 * Decides by the class of the error (Airflow: ExceptionRetryPolicy). It may end the tries early, and
 * never adds to `retries`. `FailTask` and a sensor's timeout fail at once, without being asked.
 *
 * ```ts
 * const retryPolicy = exceptionRetryPolicy({
 *   rules: [
 *     { exception: RateLimited, retryDelay: "5 minutes", reason: "rate limit" },
 *     { exception: ["TypeError", Unauthorized], action: "fail", reason: "won't get better" },
 *   ],
 * });
 * dag.task("load", load, { retries: 3, retryPolicy })();
 * ```
 */
export function exceptionRetryPolicy(options: ExceptionRetryPolicyOptions): RetryPolicy {
  const { rules, default: otherwise = "default" } = options;
  for (const { exception, retryDelay, action = "retry" } of rules) {
    for (const spec of [exception].flat()) {
      if (typeof spec === "function" || (typeof spec === "string" && spec !== "")) continue;
      throw new TypeError(`A rule of a retry policy takes classes of errors, got ${typeof spec}`);
    }
    checkAction(action);
    if (retryDelay === undefined || parseDuration(retryDelay) !== undefined) continue;
    throw new TypeError(
      `retryDelay of a retry policy takes seconds or a text such as "5 minutes", got ${JSON.stringify(retryDelay)}`,
    );
  }
  checkAction(otherwise);
  return {
    evaluate({ exception }) {
      const rule = rules.find((each) => matches(each, exception));
      if (!rule) return { action: otherwise };
      const { action = "retry", retryDelay } = rule;
      const reason = rule.reason ?? `Matched rule for ${classNames(exception)[0] ?? "Error"}`;
      return { action, reason, ...(retryDelay === undefined ? {} : { retryDelay }) };
    },
  };
}

function checkAction(action: unknown): void {
  if (action === "retry" || action === "fail" || action === "default") return;
  throw new TypeError(
    `action of a retry policy is "retry", "fail" or "default", got ${JSON.stringify(action)}`,
  );
}

function matches({ exception, matchSubclasses = true }: RetryRule, thrown: unknown): boolean {
  const names = matchSubclasses ? classNames(thrown) : classNames(thrown).slice(0, 1);
  return [exception].flat().some((spec) => {
    if (typeof spec === "string") return names.includes(spec) || nameOf(thrown) === spec;
    if (matchSubclasses) return thrown instanceof spec;
    return thrown instanceof Object && Object.getPrototypeOf(thrown) === spec.prototype;
  });
}

/** An error may bear a name that is not its class's, such as "AbortError". */
function nameOf(thrown: unknown): string | undefined {
  return thrown instanceof Error ? String(thrown.name) : undefined;
}

/** The names of the error's classes, its own first. */
function classNames(thrown: unknown): readonly string[] {
  const names: string[] = [];
  let prototype: unknown = thrown instanceof Error ? Object.getPrototypeOf(thrown) : null;
  while (prototype instanceof Object) {
    names.push(prototype.constructor.name);
    prototype = Object.getPrototypeOf(prototype);
  }
  return names;
}
