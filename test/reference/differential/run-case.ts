// Runs a random case on the product in virtual time, with the checker at its side.

import { limitNameText } from "../../../src/model/ids.ts";
import { NO_USAGE } from "../../../src/model/scheduling/limits.ts";
import { ADOPTION_INTERVAL_SECONDS } from "../../../src/model/scheduling/orphans.ts";
import type { TaskCall } from "../../../src/model/task-call.ts";
import { createVirtualProduct, type VirtualProduct } from "../virtual-product.ts";
import type { VirtualProductOptions } from "../virtual-product-options.ts";
import { describeCase } from "./describe-case.ts";
import { type Intervention, intervene } from "./interventions.ts";
import type { RandomCase } from "./random-cases.ts";
import { createToldMetadata } from "./recorded-changes.ts";
import { createRunChecker, type RunChecker } from "./run-checker.ts";
import { playTry } from "./scripted-tries.ts";

export interface CheckedRun {
  /** Empty if all was as it must be. */
  readonly problems: readonly string[];
  /** All that one needs to see what went wrong. */
  readonly report: string;
  readonly ambiguous: number;
  readonly ends: number;
}

const RUN_ID = "r";
const MOST_STEPS = 20_000;

export async function runCase(
  testCase: RandomCase,
  options: VirtualProductOptions = {},
): Promise<CheckedRun> {
  // A try on AWS looks every 5 s whether it is still wanted, and others wait for its end.
  const patience = hasDeaths(testCase) ? Number.POSITIVE_INFINITY : options.apart ? 15 : 0;
  const checker = createRunChecker(testCase, { patience });
  const told = { instance: checker.changed, run: checker.runChanged };
  const { threads } = testCase;
  const product = createVirtualProduct({
    store: createToldMetadata(() => told),
    ...(threads < 1_000 && !options.apart ? { threads } : {}),
    ...options,
  });
  try {
    const problems = await followRun(testCase, product, checker);
    return {
      problems,
      report: [
        ...describeCase(testCase),
        ...checker.history,
        `problems: ${problems.join("\n")}`,
      ].join("\n"),
      ambiguous: checker.ambiguous,
      ends: checker.ends,
    };
  } finally {
    await product.close();
  }
}

async function followRun(
  testCase: RandomCase,
  product: VirtualProduct,
  checker: RunChecker,
): Promise<readonly string[]> {
  const { document, pools } = testCase;
  const run = { dagId: document.dagId, runId: RUN_ID };
  const problems = [...checker.problems];
  for (const [pool, slots] of Object.entries(pools)) {
    await product.metadata.pools.put({ pool, slots, includeDeferred: false });
  }
  product.play((call) => {
    void expectNoXComs(product, call, problems);
    return playTry(testCase.outcomes, product, call);
  });
  await product.publish(document);
  await product.services.runControl.trigger({ ...run, triggeredBy: "test" });
  const open: Intervention[] = [...testCase.interventions];
  for (let step = 0; ; step += 1) {
    await product.settle();
    const { state, pending } = await product.getRun(run.dagId, run.runId);
    if (state === "running" && !pending) checker.quiet(product.clock.now());
    if (checker.problems.length > 0) break;
    const isOver = product.clock.nextAt === Number.POSITIVE_INFINITY;
    const [next] = open;
    if (next && (isOver || checker.ends >= next.after)) {
      open.shift();
      if (next.act.kind === "die") {
        if (!isOver) product.clock.advanceTo(product.clock.nextAt);
        await product.die(next.act);
        continue;
      }
      checker.asks(next.act);
      const isDone = await intervene(product.services, run, next.act);
      await product.settle();
      checker.asked(!isDone);
      continue;
    }
    if (await isAdopted(testCase, product, { run, step })) continue;
    if (isOver) break;
    if (step > MOST_STEPS) {
      problems.push("the run does not end");
      break;
    }
    product.clock.advanceTo(product.clock.nextAt);
  }
  problems.push(...checker.problems);
  if (problems.length === 0) problems.push(...(await checkEnd(testCase, product)));
  return problems;
}

function hasDeaths({ interventions }: RandomCase): boolean {
  return interventions.some(({ act }) => act.kind === "die");
}

/** What a death has left undone waits for the check for orphans, which comes by the clock. */
async function isAdopted(
  testCase: RandomCase,
  product: VirtualProduct,
  { run, step }: { readonly run: { dagId: string; runId: string }; readonly step: number },
): Promise<boolean> {
  const moment = product.clock.now() + ADOPTION_INTERVAL_SECONDS * 1_000;
  if (!hasDeaths(testCase) || step > MOST_STEPS || product.clock.nextAt < moment) return false;
  const { state } = await product.getRun(run.dagId, run.runId);
  if (state === "success" || state === "failed") return false;
  product.clock.advanceTo(moment);
  await product.services.orphans.adopt();
  return true;
}

async function checkEnd(testCase: RandomCase, product: VirtualProduct): Promise<readonly string[]> {
  const { document, pools } = testCase;
  const problems: string[] = [];
  const { state } = await product.getRun(document.dagId, RUN_ID);
  if (state !== "success" && state !== "failed") problems.push(`the run is ${state}`);
  for (const pool of Object.keys(pools)) {
    const usage = await product.metadata.limits.usage(limitNameText({ kind: "pool", pool }));
    if (JSON.stringify(usage) !== JSON.stringify(NO_USAGE)) {
      problems.push(`pool ${pool} has slots in use: ${JSON.stringify(usage)}`);
    }
  }
  if (product.reports.length > 0 && !hasDeaths(testCase))
    problems.push(...product.reports.map((each) => `report: ${each}`));
  return problems;
}

/** The XComs of the tries before are gone when a try begins. */
async function expectNoXComs(product: VirtualProduct, call: TaskCall, problems: string[]) {
  const { dagId, runId, taskId, mapIndex } = call;
  const found = await product.metadata.xcoms.list({ dagId, runId, taskId, mapIndex });
  if (found.length > 0) problems.push(`${taskId}[${mapIndex}] begins with XComs of a try before`);
}
