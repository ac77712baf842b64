// The worker: runs tasks for Task states, and callbacks for everybody.
import type { Context } from "aws-lambda";
import { readEnvironment } from "../src/aws/environment.ts";
import type { CallbacksEvent } from "../src/aws/lambda/lambda-task-runner.ts";
import { createProcessTaskRunner } from "../src/aws/lambda/process-task-runner.ts";
import { createAwsPlatform } from "../src/aws/platform.ts";
import { tryKeyOf } from "../src/runtime/user-code.ts";
import { createServices } from "../src/services/services.ts";
import { createTaskServices } from "../src/services/tasks/task-services.ts";
import type { WorkerEvent } from "../src/services/tasks/worker-events.ts";

let deadline = 0;
const others = createAwsPlatform(readEnvironment(process.env));
const here = createProcessTaskRunner({ ...others, deadline: () => deadline });
const platform = { ...others, runner: { ...others.runner, reserve: here.reserve } };
const { worker, callbacks } = createServices(platform);

export async function handler(event: WorkerEvent | CallbacksEvent, context: Context) {
  deadline = Date.now() + context.getRemainingTimeInMillis();
  if ("action" in event) {
    const services = createTaskServices(platform, tryKeyOf(event.call));
    return here.runCallbacks(event.call, { ...event, services });
  }
  const never = new AbortController().signal;
  await worker.execute(event, never).finally(callbacks.settled);
}
