// The scheduler: plans a DAG whenever EventBridge fires for it, and looks for orphans whenever it
// fires for none.
import { readEnvironment } from "../src/aws/environment.ts";
import { createAwsPlatform } from "../src/aws/platform.ts";
import { createServices } from "../src/services/services.ts";

const { scheduler, orphans, callbacks } = createServices(
  createAwsPlatform(readEnvironment(process.env)),
);

export async function handler({ dagId }: { readonly dagId?: string }): Promise<void> {
  const work = dagId === undefined ? orphans.adopt() : scheduler.schedule(dagId);
  await work.finally(callbacks.settled);
}
