// The worker: runs tasks for Task states, and callbacks for everybody. User code runs in a process
// beside this one, which starts while the rest is still loading.
import type { Context } from "aws-lambda";
import { readEnvironment } from "../src/aws/environment.ts";
import type { CallbacksEvent } from "../src/aws/lambda/lambda-task-runner.ts";
import { createProcessTaskRunner } from "../src/aws/lambda/process-task-runner.ts";
import { userProcesses } from "../src/aws/lambda/started-processes.ts";
import { createAwsPlatform } from "../src/aws/platform.ts";
import { createServices } from "../src/services/services.ts";
import { createTaskServices } from "../src/services/tasks/task-services.ts";
import type { WorkerEvent } from "../src/services/tasks/worker-events.ts";
import { tryKeyOf } from "../src/workers/tasks/try-key.ts";

let deadline = 0;
const others = createAwsPlatform(readEnvironment(process.env));
const here = createProcessTaskRunner({ ...others, pool: userProcesses, deadline: () => deadline });
const platform = { ...others, runner: { ...others.runner, reserve: here.reserve } };
const { worker, callbacks } = createServices(platform);
// Lambda gives more processor time before the first call than during it.
await userProcesses.warmUp();

export async function handler(event: WorkerEvent | CallbacksEvent, context: Context) {
  deadline = Date.now() + context.getRemainingTimeInMillis();
  try {
    await answer(event);
  } finally {
    await callbacks.settled();
    await here.settled();
  }
}

async function answer(event: WorkerEvent | CallbacksEvent): Promise<void> {
  if ("action" in event) {
    const services = createTaskServices(platform, tryKeyOf(event.call));
    return here.runCallbacks(event.call, { ...event, services });
  }
  const never = new AbortController().signal;
  await worker.execute(event, never);
}
