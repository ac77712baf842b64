// The process of an isolated try: a task runner with one thread, which asks the server for whatever
// the task asks of the product. It ends with its try, or with the server.
import type { TaskServices } from "../../../model/task-services.ts";
import { createTaskProcesses } from "../../../workers/pool/task-processes.ts";
import { createThreadTaskRunner } from "../thread-task-runner.ts";
import type { FromProcess, IsolatedTry, ToProcess } from "./isolated-messages.ts";

const asked = new Map<number, PromiseWithResolvers<unknown>>();
const aborted = new AbortController();
let asks = 0;

const services: TaskServices = {
  getVariable: (name) => ask("getVariable", name),
  setVariable: (name, value) => ask("setVariable", name, value),
  getConnection: (connId) => ask("getConnection", connId),
  getXCom: (query) => ask("getXCom", query),
  setXCom: (name, value) => ask("setXCom", name, value),
  getTaskState: (name) => ask("getTaskState", name),
  getAssetEvents: (query) => ask("getAssetEvents", query),
  putTaskState: (name, value) => ask("putTaskState", name, value),
  getAssetState: (query) => ask("getAssetState", query),
  putAssetState: (change) => ask("putAssetState", change),
  clearAssetState: (which) => ask("clearAssetState", which),
};

function ask<T>(method: keyof TaskServices, ...args: readonly unknown[]): Promise<T> {
  asks += 1;
  const reply = Promise.withResolvers<unknown>();
  asked.set(asks, reply);
  send({ kind: "ask", id: asks, method, args });
  return reply.promise as Promise<T>;
}

function send(message: FromProcess): void {
  process.send?.(message);
}

async function run({ call, bundle, timeout, ...settings }: IsolatedTry): Promise<void> {
  const bundles = {
    put: async () => {},
    has: async () => true,
    url: async () => bundle.url,
  };
  const processes = createTaskProcesses();
  const runner = createThreadTaskRunner({
    bundles,
    processes,
    parallelism: 1,
    ...settings,
  });
  const close = () => runner.close().finally(processes.close);
  process.once("disconnect", () => {
    aborted.abort("the server has ended");
    void close().finally(() => process.exit(1));
  });
  const slot = await runner.reserve({
    instance: call,
    bundleHash: bundle.hash,
    signal: aborted.signal,
    priority: () => 0,
  });
  const ending = slot
    ? await slot.run(call, {
        bundleHash: bundle.hash,
        signal: aborted.signal,
        services,
        ...(timeout === undefined ? {} : { timeout }),
      })
    : ({ kind: "died", reason: String(aborted.signal.reason) } as const);
  await close();
  process.removeAllListeners("disconnect");
  process.send?.({ kind: "ended", ending } satisfies FromProcess, () => process.exit(0));
}

process.on("message", (message: ToProcess) => {
  if (message.kind === "run") void run(message.request);
  else if (message.kind === "abort") aborted.abort(message.reason);
  else if (message.kind === "reply") asked.get(message.id)?.resolve(message.value);
  else asked.get(message.id)?.reject(new Error(message.message));
});
