// Task tokens that are waited for: each leads to the call whose outcome it decides.

/** A call that is decided from outside; both answer false when it is over already. */
export interface Answerable {
  succeed(output: unknown): boolean;
  fail(error: unknown): boolean;
}

/** Open tokens; a call enters its own before it is made and removes it when it is over. */
export type TaskTokens = Map<string, Answerable>;
