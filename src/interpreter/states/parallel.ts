// Parallel: all branches at once, however many there are, each from the state's input.
import type { ParallelState } from "../../model/asl.ts";
import type { Flow } from "../flow.ts";

/**
 * The branches' outputs in their order. The first branch that fails stops the others and its error
 * is the state's.
 */
export async function runParallel(
  { Branches }: ParallelState,
  input: unknown,
  flow: Flow,
): Promise<unknown[]> {
  // A fresh stack for each level: nesting is then limited by memory only.
  await undefined;
  const scope = flow.scope.fork();
  const inner = { ...flow, scope };
  try {
    return await Promise.all(Branches.map((branch) => flow.run(branch, input, inner)));
  } finally {
    flow.scope.release(scope);
  }
}
