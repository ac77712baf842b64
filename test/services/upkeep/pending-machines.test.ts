// Hundreds of DAGs that are uploaded at once are all live at once, and their state machines are
// made at the pace that Step Functions has, over as many calls as it takes.
import type { SFNClient } from "@aws-sdk/client-sfn";
import { expect, onTestFinished, test } from "vitest";
import { createStepFunctionsStateMachines } from "../../../src/aws/step-functions-state-machines.ts";
import { createSqliteMetadata } from "../../../src/local/sqlite/metadata.ts";
import type { DagDocument } from "../../../src/model/document.ts";
import { publishVersion } from "../../../src/services/dag-processing/publish-version.ts";
import {
  countPendingMachines,
  makePendingMachines,
} from "../../../src/services/upkeep/pending-machines.ts";
import { dagRecord, dagRun } from "../../contract/records.ts";
import { dagDocument, taskDocument } from "../../model/documents.ts";

const FUNCTIONS = { worker: "worker", recorder: "recorder", triggerQueueUrl: "triggers" };
/** Seconds that one call of the scheduler's function has for it. */
const CALL_SECONDS = 270;

/** Of the commands that Step Functions gets here. */
interface Input {
  readonly name?: string;
  readonly stateMachineArn?: string;
  readonly executionArn?: string;
}

/** Step Functions as its quotas say: 100 machines at once, one more each second. */
function createLimited() {
  let now = Date.UTC(2026, 0, 1);
  const clock = {
    now: () => now,
    sleep: async (ms: number) => {
      now += ms;
    },
  };
  const machines = new Set<string>();
  const started: string[] = [];
  const bucket = { tokens: 100, at: now };
  const fail = (name: string) => Promise.reject(Object.assign(new Error(name), { name }));
  const send = async ({ input }: { input: Input }) => {
    if (input.executionArn !== undefined) return fail("ExecutionDoesNotExist");
    bucket.tokens = Math.min(100, bucket.tokens + (now - bucket.at) / 1_000);
    bucket.at = now;
    if (input.stateMachineArn !== undefined) {
      const [name = ""] = input.stateMachineArn.split(":").slice(-1);
      if (!machines.has(name)) return fail("StateMachineDoesNotExist");
      started.push(name);
      return {};
    }
    if (bucket.tokens < 1) return fail("ThrottlingException");
    bucket.tokens -= 1;
    if (machines.has(input.name ?? "")) return fail("StateMachineAlreadyExists");
    machines.add(input.name ?? "");
    return {};
  };
  const metadata = createSqliteMetadata({ file: ":memory:" });
  onTestFinished(() => metadata.close());
  /** Of one process: each paces itself. */
  const createEngine = () =>
    createStepFunctionsStateMachines({
      client: { send } as unknown as SFNClient,
      metadata,
      clock,
      functions: FUNCTIONS,
      prefix: "p-",
      arnPrefix: "arn:aws:states:us-east-1:000000000000:stateMachine:p-",
      roleArn: "role",
    });
  return { clock, machines, started, metadata, createEngine };
}

type Limited = ReturnType<typeof createLimited>;

/** As the DAG processor does it, each DAG in a function of its own. */
async function publish({ metadata, createEngine, clock }: Limited, document: DagDocument) {
  const { dagId } = document;
  const bundles = { has: async () => true };
  const { version } = await publishVersion(
    { metadata, stateMachines: createEngine(), bundles, clock, options: { functions: FUNCTIONS } },
    { document, file: `${dagId}.ts`, text: "", bundleHash: "bundle" },
  );
  const hash = version?.hash ?? "";
  await metadata.dags.put(dagRecord({ dagId, file: `${dagId}.ts`, versionHash: hash }));
  return hash;
}

const documentOf = (index: number) =>
  dagDocument({ dagId: `dag_${index}`, tasks: [taskDocument("a")] });

test("DAGs beyond the quota are live, and none of their machines is lost over several calls", async () => {
  const limited = createLimited();
  const { metadata, machines, clock, createEngine } = limited;
  for (let index = 0; index < 600; index += 1) await publish(limited, documentOf(index));
  expect(machines.size).toBe(100);
  expect(await countPendingMachines(metadata)).toEqual({ count: 500, seconds: 625 });
  expect((await metadata.dags.list({ limit: 1_000 })).items).toHaveLength(600);

  const report = { info() {}, warn() {}, error: (message: string) => expect(message).toBe("") };
  const stateMachines = createEngine();
  for (const expected of [216, 432, 500]) {
    const until = clock.now() + CALL_SECONDS * 1_000;
    const platform = { metadata, stateMachines, clock, report };
    await makePendingMachines(platform, { until, functions: FUNCTIONS });
    expect(machines.size - 100).toBeGreaterThanOrEqual(expected - 1);
    expect(machines.size - 100).toBeLessThanOrEqual(expected + 1);
    expect(clock.now()).toBeLessThanOrEqual(until + 2_000);
  }
  expect(machines.size).toBe(600);
  expect((await countPendingMachines(metadata)).count).toBe(0);
});

test("a run whose DAG's machine is not there yet has it made at once", async () => {
  const limited = createLimited();
  for (let index = 0; index < 100; index += 1) await publish(limited, documentOf(index));
  const hash = await publish(limited, documentOf(100));
  const { metadata, started, machines, createEngine } = limited;
  const run = dagRun({ dagId: "dag_100", versionHash: hash, state: "running" });
  await metadata.runs.create(run);
  const input = { dagId: "dag_100", runId: run.runId, clearNumber: 0 };
  expect(await createEngine().start({ dagId: "dag_100", hash, input })).toBe("started");
  expect(started).toHaveLength(1);
  expect(machines.size).toBe(101);
});

test("what waits for a DAG that is gone, or a version that is not in use, is forgotten", async () => {
  const limited = createLimited();
  for (let index = 0; index < 100; index += 1) await publish(limited, documentOf(index));
  const { metadata, clock, machines, createEngine } = limited;
  await publish(limited, documentOf(100));
  await publish(limited, documentOf(101));
  await metadata.dags.put(dagRecord({ dagId: "dag_100", isStale: true, revision: 2 }));
  await metadata.dags.forget("dag_101");
  await clock.sleep(3_600_000);
  const report = { info() {}, warn() {}, error() {} };
  const platform = { metadata, stateMachines: createEngine(), clock, report };
  const until = clock.now() + CALL_SECONDS * 1_000;
  expect(await makePendingMachines(platform, { until, functions: FUNCTIONS })).toBe(0);
  expect((await countPendingMachines(metadata)).count).toBe(0);
  expect(machines.size).toBe(100);
});
