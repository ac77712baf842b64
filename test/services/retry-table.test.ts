// The retry table of ARCHITECTURE.md in virtual time: how long one change of a state takes that
// never succeeds, through all layers of a function on AWS, while DynamoDB refuses every call or
// doesn't answer. The SDK's client, the adapter and the services are the real ones; only what would
// go over the network is scripted.
import { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { expect, onTestFinished, test } from "vitest";
import {
  BRIEF,
  dynamoDbClientOptions,
  PATIENT,
  type StoragePatience,
} from "../../src/aws/client-options.ts";
import { createDynamoDbMetadata } from "../../src/aws/dynamodb/metadata.ts";
import { createVirtualClock, type VirtualClock } from "../../src/local/simulation/virtual-clock.ts";
import { createSqliteMetadata } from "../../src/local/sqlite/metadata.ts";
import type { Metadata } from "../../src/ports/metadata.ts";
import type { Clock } from "../../src/ports/platform.ts";
import { createRetryingMetadata } from "../../src/services/retrying-metadata.ts";
import { RetryLater } from "../../src/services/tasks/worker-events.ts";
import { dagRun, taskKey } from "../contract/records.ts";
import { dag, task } from "../reference/documents.ts";
import { createRandom } from "../reference/random-dags.ts";
import { byTask, HOUR, startProduct, succeeds, trigger } from "./virtual-time.ts";

/** Timeouts of the functions in infra/services.ts, in seconds. */
const LIVES = { recorder: 300, "api-server": 30 } as const;

/** What the table promises of one change, in seconds. */
const BOUNDS = { recorder: 145, "api-server": 20 } as const;

type Fate = "throttles" | "is silent" | "does either";
const FATES = ["throttles", "is silent", "does either"] as const satisfies readonly Fate[];
/** How often each change is made, where luck decides what the table does next. */
const SEEDS = { throttles: 1, "is silent": 1, "does either": 5 } as const;

/** The metadata of a function. Reads may be answered, in the last moment; no write ever is. */
function createStore(clock: Clock, storage: StoragePatience, fate: Fate, seed = 0) {
  const random = createRandom(seed);
  const isSilent = () => fate === "is silent" || (fate === "does either" && random.chance(0.1));
  const client = new DynamoDBClient({
    ...dynamoDbClientOptions(storage),
    region: "us-east-1",
    credentials: { accessKeyId: "test", secretAccessKey: "test" },
    requestHandler: {
      async handle({ headers }: { readonly headers: Readonly<Record<string, string>> }) {
        if (!isSilent()) return answer(400, THROTTLED);
        await clock.sleep(storage.requestTimeoutMs);
        if (headers["x-amz-target"]?.endsWith(".GetItem")) return answer(200, RUN);
        throw Object.assign(new Error("no answer"), { name: "TimeoutError" });
      },
    },
  });
  return createDynamoDbMetadata({ client, tableName: "t", clock, patienceMs: storage.patienceMs });
}

const THROTTLED = { __type: "com.amazonaws.dynamodb.v20120810#ThrottlingException" };
const RUN = {
  Item: {
    pk: { S: "run#etl#r" },
    sk: { S: "run" },
    state: { S: "running" },
    clearNumber: { N: "0" },
  },
};

function answer(statusCode: number, body: object) {
  const headers = { "content-type": "application/x-amz-json-1.0" };
  return { response: { statusCode, headers, body: Buffer.from(JSON.stringify(body)) } };
}

/**
 * Lets virtual time pass until the work is over. Returns the seconds it took, and what it threw.
 */
async function timeOf(clock: VirtualClock, work: Promise<unknown>) {
  const begin = clock.now();
  let over: { readonly problem: unknown } | undefined;
  work.then(
    () => {
      over = { problem: undefined };
    },
    (problem: unknown) => {
      over = { problem };
    },
  );
  for (;;) {
    // The SDK's own steps need turns of the event loop, and no time.
    for (let turns = 0; turns < 20 && !over; turns += 1) await new Promise(setImmediate);
    if (over) return { seconds: (clock.now() - begin) / 1_000, ...over };
    if (clock.nextAt < Infinity) clock.advanceTo(clock.nextAt);
  }
}

const ACTIVE = ["queued", "running"] as const;

const CHANGES: Readonly<Record<string, (metadata: Metadata) => Promise<unknown>>> = {
  "a run's creation": ({ runs }) => runs.create(dagRun()),
  "a run's start": ({ runs }) =>
    // The table, where it answers, knows of a running run.
    runs.update({ dagId: "etl", runId: "r", from: [...ACTIVE], set: { state: "running" } }),
  "a run's end": ({ runs }) =>
    runs.update({ dagId: "etl", runId: "r", from: ["running"], set: { state: "success" } }),
  "a task's end": ({ taskInstances }) =>
    taskInstances.update({ key: taskKey(), from: ["running"], set: { state: "success" } }),
  "a gate's token": ({ gates }) => gates.put({ ...taskKey(), token: "token" }),
};

const ROWS = Object.keys(CHANGES).flatMap((change) => FATES.map((fate) => ({ change, fate })));

/** The longest time that the change takes, in seconds. It must fail each time. */
async function longestOf(
  { change, fate }: (typeof ROWS)[number],
  storage: StoragePatience,
  options?: Parameters<typeof createRetryingMetadata>[2],
): Promise<number> {
  let longest = 0;
  for (let seed = 0; seed < SEEDS[fate]; seed += 1) {
    const clock = createVirtualClock(0);
    const store = createStore(clock, storage, fate, seed);
    const work = CHANGES[change]?.(createRetryingMetadata(store, clock, options));
    const { seconds, problem } = await timeOf(clock, Promise.resolve(work));
    expect(problem, `seed ${seed}`).toBeInstanceOf(Error);
    longest = Math.max(longest, seconds);
  }
  return longest;
}

test.each(ROWS)("$change fails in half the recorder's time if DynamoDB $fate", async (row) => {
  const longest = await longestOf(row, PATIENT);
  expect(longest).toBeLessThanOrEqual(BOUNDS.recorder);
  expect(longest).toBeGreaterThan(PATIENT.patienceMs / 1_000 - 1);
  expect(BOUNDS.recorder).toBeLessThanOrEqual(LIVES.recorder / 2);
});

test.each(ROWS)("$change fails while the API lives if DynamoDB $fate", async (row) => {
  expect(await longestOf(row, BRIEF, { patienceMs: 0 })).toBeLessThanOrEqual(BOUNDS["api-server"]);
  expect(BOUNDS["api-server"]).toBeLessThanOrEqual((LIVES["api-server"] * 2) / 3);
});

/** A product whose changes of states go to a DynamoDB that has broken down, from `break` on. */
async function startRunningTask(fate: Fate) {
  const good = createSqliteMetadata({ file: ":memory:" });
  onTestFinished(() => good.close());
  const clock: Clock = {
    now: () => product.clock.now(),
    sleep: (ms, signal) => product.clock.sleep(ms, signal),
  };
  const broken = createStore(clock, PATIENT, fate);
  let isBroken = false;
  const product = startProduct({
    store: {
      ...good,
      runs: { ...good.runs, update: (c) => (isBroken ? broken : good).runs.update(c) },
      taskInstances: {
        ...good.taskInstances,
        update: (c) => (isBroken ? broken : good).taskInstances.update(c),
      },
    },
  });
  product.play(byTask({ a: succeeds(10 * HOUR) }));
  await product.publish(dag("d", [task("a")]));
  await trigger(product, "d", { runId: "r" });
  await product.settle();
  isBroken = true;
  return product;
}

const EVENT = { dagId: "d", runId: "r", clearNumber: 0, taskId: "a" };

test.each(FATES)("no layer around the recorder makes it longer if DynamoDB %s", async (fate) => {
  const { services, clock } = await startRunningTask(fate);
  const work = services.recorder.handle({ ...EVENT, action: "settle" });
  const { seconds, problem } = await timeOf(clock, work);
  expect(problem).toBeInstanceOf(Error);
  expect(seconds).toBeLessThanOrEqual(BOUNDS.recorder);
});

test.each(FATES)("the worker asks to be called again in time if DynamoDB %s", async (fate) => {
  const { services, clock } = await startRunningTask(fate);
  const work = services.worker.execute(EVENT, new AbortController().signal);
  const { seconds, problem } = await timeOf(clock, work);
  expect(problem).toBeInstanceOf(RetryLater);
  expect(seconds).toBeLessThanOrEqual(BOUNDS.recorder);
});
