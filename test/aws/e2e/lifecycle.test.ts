// The life of a deployment of its own: another version deployed over it while runs are going on,
// its removal, and its return over what was left. The tests follow each other.

import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { CloudWatchLogsClient, DeleteLogGroupCommand } from "@aws-sdk/client-cloudwatch-logs";
import {
  DeleteTableCommand,
  DynamoDBClient,
  UpdateTableCommand,
  waitUntilTableNotExists,
} from "@aws-sdk/client-dynamodb";
import {
  DeleteBucketCommand,
  DeleteObjectsCommand,
  ListObjectVersionsCommand,
  S3Client,
} from "@aws-sdk/client-s3";
import { afterAll, beforeAll, expect, test } from "vitest";
import { S3_CLIENT_OPTIONS } from "../../../src/aws/client-options.ts";
import { findDeployment } from "../../../src/aws/deployment/deployment.ts";
import { stepwind } from "../../cli/captured-terminal.ts";
import { temporaryFolder } from "../../local/temporary-folder.ts";
import { isMiniStack } from "../ministack.ts";
import { copyCheckout, release } from "./checkout.ts";
import { type Cloud, openCloud, until } from "./cloud.ts";
import { deployStack, destroyStack, findStack } from "./deployed-stack.ts";
import { countKinds, takeInventory } from "./inventory.ts";
import { letGo, tellings, writeLongDags } from "./runs/long-runs.ts";
import { deployOverLeft } from "./taken-up-stack.ts";

/** In capital and small letters, unlike names of buckets. */
const STACK = "Lifecycle";
const DAGS = ["long_chain", "long_crossing"] as const;
const TIMEOUT_MS = 900_000;
/**
 * Emulators end a function's process when they update it. The message that the triggerer had then
 * comes again after three minutes.
 */
const AFTER_UPDATE_MS = 300_000;
/** A copy of this one: others deploy from that at the same time. */
const checkout = mkdtempSync(join(tmpdir(), "stepwind-checkout-"));
const RETAINED = { checkout, context: ["removal=retain"] };

const push = (folder: string) => stepwind(folder, "push", "--stack", STACK);

/** Run ids by DAG. */
type Runs = Readonly<Record<(typeof DAGS)[number], string>>;

/** Triggers a run of each. */
async function triggerAll(cloud: Cloud): Promise<Runs> {
  const [long_chain, long_crossing] = await Promise.all(DAGS.map((dagId) => cloud.trigger(dagId)));
  return { long_chain: long_chain ?? "", long_crossing: long_crossing ?? "" };
}

/** Waits until the task is in the state. */
async function untilState(
  { metadata }: Cloud,
  runs: Runs,
  [dagId, taskId, state]: readonly [keyof Runs, string, string],
): Promise<void> {
  const key = { dagId, runId: runs[dagId], taskId, mapIndex: -1 };
  await until(
    taskId,
    () => metadata.taskInstances.get(key),
    (found) => found.state === state,
  );
}

/** What the tasks of the run returned, each once. */
async function wordsOf({ metadata }: Cloud, dagId: string, runId: string) {
  const instances = await metadata.taskInstances.list({ dagId, runId });
  const values = instances.map(
    async (key) => (await metadata.xcoms.get(key, "return_value"))?.value,
  );
  return [...new Set(await Promise.all(values))];
}

/** What a run is known by. */
async function historyOf({ metadata }: Cloud, dagId: string, runId: string) {
  return {
    run: await metadata.runs.get(dagId, runId),
    tasks: await metadata.taskInstances.list({ dagId, runId }),
  };
}

async function fingerprints(): Promise<ReadonlyMap<string, { code: string; version: string }>> {
  const { functions } = await findDeployment(STACK);
  return new Map(
    functions.map(({ FunctionName = "", CodeSha256 = "", Environment }) => [
      FunctionName,
      { code: CodeSha256, version: Environment?.Variables?.STEPWIND_VERSION ?? "" },
    ]),
  );
}

const ONCE = ["start 1", "end 1"];

beforeAll(async () => {
  copyCheckout(checkout);
  // What an earlier run of the tests on the same emulator has left.
  await clear();
}, TIMEOUT_MS);
afterAll(() => rmSync(checkout, { recursive: true, force: true }));

/** Removes the stack with all that it retains. */
async function clear(): Promise<void> {
  if ((await takeInventory(STACK)).includes(`stack: ${STACK}`)) {
    await destroyStack(STACK, { checkout, stopsRuns: true });
  }
  const left = await takeInventory(STACK);
  const namesOf = (kind: string) =>
    left.flatMap((each) => (each.startsWith(`${kind}: `) ? [each.slice(kind.length + 2)] : []));
  for (const Bucket of namesOf("bucket")) {
    await empty(Bucket);
    await new S3Client(S3_CLIENT_OPTIONS).send(new DeleteBucketCommand({ Bucket }));
  }
  const dynamodb = new DynamoDBClient();
  for (const TableName of namesOf("table")) {
    const unprotected = { TableName, DeletionProtectionEnabled: false };
    await dynamodb.send(new UpdateTableCommand(unprotected));
    await dynamodb.send(new DeleteTableCommand({ TableName }));
    await waitUntilTableNotExists({ client: dynamodb, maxWaitTime: 60 }, { TableName });
  }
}

test("deploying another version over running runs, and pushing changed DAGs, keeps each run on what it started with", {
  timeout: TIMEOUT_MS,
}, async () => {
  const folder = temporaryFolder();
  const cloud = openCloud(await deployStack(STACK, RETAINED));
  writeLongDags(folder, "one");
  expect((await push(folder)).out).toContain("2 DAGs live");
  const before = await cloud.trigger("long_chain");
  await letGo(before);
  expect((await cloud.endOf("long_chain", before)).state).toBe("success");
  const history = await historyOf(cloud, "long_chain", before);
  const oldVersions = await Promise.all(DAGS.map((dagId) => cloud.metadata.dags.get(dagId)));
  const oldFunctions = await fingerprints();

  // One task is in its middle, one in its retry's delay, one at a gate.
  const during = await triggerAll(cloud);
  await untilState(cloud, during, ["long_chain", "sleeps", "running"]);
  await untilState(cloud, during, ["long_crossing", "b", "up_for_retry"]);
  const gates = () =>
    cloud.metadata.gates.list({ dagId: "long_crossing", runId: during.long_crossing });
  await until("a gate", gates, ({ length }) => length > 0);

  release(checkout, "99.0.0");
  await deployStack(STACK, RETAINED);
  writeLongDags(folder, "two");
  expect((await push(folder)).out).toContain("2 DAGs live");
  const newFunctions = await fingerprints();
  expect(newFunctions.size).toBe(10);
  for (const [name, { code, version }] of newFunctions) {
    expect(code, name).not.toBe(oldFunctions.get(name)?.code);
    // These two run code of DAGs, and don't learn the version.
    if (!/-(?:dag-loader|task)$/.test(name)) expect(version, name).toBe("99.0.0");
  }
  const active = await cloud.metadata.runs.listActive();
  expect(active.map(({ runId }) => runId).sort()).toEqual(Object.values(during).sort());
  const after = await triggerAll(cloud);
  await Promise.all([...Object.values(during), ...Object.values(after)].map(letGo));

  for (const [index, dagId] of DAGS.entries()) {
    const old = await cloud.endOf(dagId, during[dagId], AFTER_UPDATE_MS);
    expect(old, dagId).toMatchObject({ state: "success", run: { clearNumber: 0 } });
    expect(old.run.versionHash, dagId).toBe(oldVersions[index]?.versionHash);
    expect(await wordsOf(cloud, dagId, during[dagId]), dagId).toEqual(['"one"']);
    const fresh = await cloud.endOf(dagId, after[dagId]);
    expect(fresh.state, dagId).toBe("success");
    expect(fresh.run.versionHash, dagId).not.toBe(oldVersions[index]?.versionHash);
    expect(await wordsOf(cloud, dagId, after[dagId]), dagId).toEqual(['"two"']);
    // Each run had one execution, on one of two machines.
    expect(await cloud.machinesOf(dagId), dagId).toHaveLength(2);
    expect(await cloud.executionsOf(dagId), dagId).toHaveLength(dagId === "long_chain" ? 3 : 2);
  }
  const { sleeps, ...others } = await tellings("long_chain", during.long_chain);
  expect(others).toEqual({ first: ONCE, last: ONCE });
  // On AWS it goes on to the end of its call.
  expect([ONCE, ["start 1", "start 2", "end 2"]]).toContainEqual(sleeps);
  for (const { long_crossing: runId } of [during, after]) {
    const { b = [], ...others } = await tellings("long_crossing", runId);
    expect(others).toEqual({ a: ONCE, c: ONCE, d: ONCE, e: ONCE, f: ONCE });
    // It fails until it may go on: no try is left out, and none is there twice.
    const tries = b.slice(0, -1).map((_, index) => `start ${index + 1}`);
    expect(b).toEqual([...tries, `end ${tries.length}`]);
  }
  expect(await historyOf(cloud, "long_chain", before)).toEqual(history);
});

/** Without the moments at which the scheduler looks again, which come and go with the runs. */
function steady(inventory: readonly string[]): readonly string[] {
  return inventory.filter((each) => !/^schedule: .*-at-\w+$/.test(each));
}

/**
 * What stays of a deployment that is destroyed: what it was told to retain, and what its users have
 * set.
 */
const LEFT = /^(bucket|parameter|table): /;

/**
 * Removes the log groups of functions that run tasks if they came back: a call that is going on
 * while its function is deleted writes its log to a new one, for an emulator doesn't ask the role,
 * which may not make any. Answers the inventory as it was.
 */
async function withoutLateLog(inventory: readonly string[]): Promise<readonly string[]> {
  for (const service of ["worker", "task", "execution-api"]) {
    const logGroupName = `/aws/lambda/${STACK}-${service}`;
    if (!inventory.includes(`log group: ${logGroupName}`)) continue;
    await new CloudWatchLogsClient().send(new DeleteLogGroupCommand({ logGroupName }));
  }
  return inventory;
}

test("destroying is refused while a run is going on, and else leaves nothing but table, buckets and parameters", {
  timeout: TIMEOUT_MS,
}, async () => {
  const cloud = openCloud(await findStack(STACK));
  const runs = await triggerAll(cloud);
  await untilState(cloud, runs, ["long_chain", "sleeps", "running"]);
  await untilState(cloud, runs, ["long_crossing", "b", "up_for_retry"]);
  // LocalStack names it by chance.
  const topic = cloud.environment.topicArn.split(":").at(-1) ?? "";
  const before = await takeInventory(STACK, topic);
  const common = { stack: 1, function: 10, role: 12, "log group": 10, topic: 1, queue: 9 };
  const counts = countKinds(before);
  expect(counts).toMatchObject({ ...common, table: 1, bucket: 2, parameter: 1 });
  expect(counts).toMatchObject({ "state machine": 4 });
  // Two rules are the stack's; what wakes the scheduler for a DAG, for its schedule or to look
  // again, is not.
  if (cloud.environment.schedules === "rules") {
    expect(counts.rule).toBeGreaterThan(2);
  } else {
    expect(counts).toMatchObject({ rule: 2, "schedule group": 1, alarm: 13 });
    expect(counts.schedule).toBeGreaterThan(0);
  }

  await expect(destroyStack(STACK, { checkout })).rejects.toThrow("Runs are going on: ");
  expect(steady(await takeInventory(STACK, topic))).toEqual(steady(before));
  expect((await cloud.metadata.dags.get("long_chain"))?.isStale).toBe(false);

  await destroyStack(STACK, { checkout, stopsRuns: true });
  const left = before.filter((each) => LEFT.test(each));
  await until(
    "the end of all that is not kept",
    () => takeInventory(STACK, topic).then(withoutLateLog),
    (after) => JSON.stringify(after) === JSON.stringify(left),
  );
  for (const dagId of DAGS) {
    expect(await cloud.metadata.runs.get(dagId, runs[dagId])).toMatchObject({ state: "failed" });
  }
});

test("deploying again takes up table and buckets, and pushing brings the DAGs back with their history", {
  timeout: TIMEOUT_MS,
}, async ({ skip }) => {
  skip(!(await isMiniStack()), "LocalStack's CloudFormation imports nothing");
  const folder = temporaryFolder();
  const { deployed, imported } = await deployOverLeft(STACK, RETAINED);
  const cloud = openCloud(deployed);
  const { table, dagsBucket, dataBucket } = cloud.environment;
  expect([...imported].sort()).toEqual([table, dagsBucket, dataBucket].sort());
  const { items } = await cloud.metadata.runs.list({ dagId: "long_crossing" });
  expect(items).toHaveLength(3);
  // As they stand in the bucket.
  writeLongDags(folder, "two");
  const pushed = await push(folder);
  expect(pushed.out).toMatch(/^2 files uploaded /m);
  expect(pushed.out).toMatch(/^ {2}\+ long_chain\.ts\n {2}\+ long_crossing\.ts$/m);
  expect(pushed.out).toContain("2 DAGs live");
  expect((await cloud.metadata.dags.get("long_crossing"))?.versionHash).toBe(items[0]?.versionHash);
  const schedules = () => cloud.schedulesOf("long_crossing");
  await until("a schedule", schedules, ({ length }) => length > 0);
  const runId = await cloud.trigger("long_crossing");
  await letGo(runId);
  expect((await cloud.endOf("long_crossing", runId)).state).toBe("success");
  const doctor = await stepwind(folder, "doctor", "--stack", STACK);
  expect(doctor.out).toContain("✓ state machines   2 DAGs have their state machines");
  expect(doctor.code).toBe(0);
});

test("with removal=destroy and emptied buckets all of it goes, and destroying again does no harm", {
  timeout: TIMEOUT_MS,
}, async () => {
  if (!(await isMiniStack())) await clear();
  const options = { checkout, context: ["removal=destroy"] };
  const { environment } = openCloud(await deployStack(STACK, options));
  await empty(environment.dagsBucket);
  await empty(environment.dataBucket);
  await destroyStack(STACK, { checkout });
  const left = await takeInventory(STACK);
  expect(left.filter((each) => !each.startsWith("parameter: "))).toEqual([]);
  await destroyStack(STACK, { checkout });
  expect(await takeInventory(STACK)).toEqual(left);
});

/** Deletes all versions of all objects. */
async function empty(Bucket: string): Promise<void> {
  const s3 = new S3Client(S3_CLIENT_OPTIONS);
  for (;;) {
    const list = await s3.send(new ListObjectVersionsCommand({ Bucket }));
    const found = [...(list.Versions ?? []), ...(list.DeleteMarkers ?? [])];
    if (found.length === 0) return;
    const Objects = found.map(({ Key = "", VersionId = "" }) => ({ Key, VersionId }));
    await s3.send(new DeleteObjectsCommand({ Bucket, Delete: { Objects } }));
  }
}
