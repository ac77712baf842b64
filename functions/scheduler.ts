// The scheduler: plans a DAG whenever EventBridge fires for it, and does the upkeep whenever it
// fires for none.
import type { Context } from "aws-lambda";
import { readEnvironment } from "../src/aws/environment.ts";
import { createAwsPlatform } from "../src/aws/platform.ts";
import { createServices } from "../src/services/services.ts";

/** Milliseconds of the function's time that are kept for what the upkeep has begun. */
const RESERVE_MS = 30_000;

const environment = readEnvironment(process.env);
const retention = environment.retention ? { retention: environment.retention } : {};
const { scheduler, upkeep, callbacks } = createServices(createAwsPlatform(environment));

export async function handler(
  { dagId }: { readonly dagId?: string },
  context: Pick<Context, "getRemainingTimeInMillis">,
): Promise<void> {
  const until = Date.now() + context.getRemainingTimeInMillis() - RESERVE_MS;
  const work =
    dagId === undefined
      ? upkeep.run({ until, functions: environment, ...retention })
      : scheduler.schedule(dagId);
  await work.finally(callbacks.settled);
}
