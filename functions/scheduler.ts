// The scheduler: plans a DAG whenever EventBridge fires for it.
import { readEnvironment } from "../src/aws/environment.ts";
import { createAwsPlatform } from "../src/aws/platform.ts";
import { createServices } from "../src/services/services.ts";

const { scheduler, callbacks } = createServices(createAwsPlatform(readEnvironment(process.env)));

export async function handler({ dagId }: { readonly dagId: string }): Promise<void> {
  await scheduler.schedule(dagId).finally(callbacks.settled);
}
