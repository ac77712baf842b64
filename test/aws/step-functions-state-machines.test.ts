// Step Functions passes the contract of the executor; machines are tagged, removed, and made again
// when they are missed.

import { randomUUID } from "node:crypto";
import {
  ListStateMachinesCommand,
  ListTagsForResourceCommand,
  SFNClient,
} from "@aws-sdk/client-sfn";
import { expect, test } from "vitest";
import { CLIENT_OPTIONS } from "../../src/aws/client-options.ts";
import { createStepFunctionsStateMachines } from "../../src/aws/step-functions-state-machines.ts";
import { type CompileOptions, compile } from "../../src/compiler/compile.ts";
import { createSqliteMetadata } from "../../src/local/sqlite/metadata.ts";
import type { Metadata } from "../../src/ports/metadata.ts";
import { toDeferral } from "../../src/services/engine-events.ts";
import { systemClock } from "../../src/services/system-clock.ts";
import { dagRun, dagVersion } from "../contract/records.ts";
import { stateMachinesContract } from "../contract/state-machines.ts";
import { dagDocument, taskDocument } from "../model/documents.ts";
import { createCallingFunction } from "./calling-functions.ts";
import { createCallingQueue } from "./calling-queue.ts";

const client = new SFNClient(CLIENT_OPTIONS);
const region = process.env.AWS_REGION ?? "us-east-1";

function createEngine(
  metadata: Metadata,
  functions: CompileOptions["functions"],
  prefix = `test-${randomUUID().slice(0, 8)}-`,
) {
  const stateMachines = createStepFunctionsStateMachines({
    client,
    metadata,
    clock: systemClock,
    functions,
    prefix,
    arnPrefix: `arn:aws:states:${region}:000000000000:stateMachine:${prefix}`,
    roleArn: "arn:aws:iam::000000000000:role/stepwind-test",
  });
  return { prefix, stateMachines };
}

stateMachinesContract("Step Functions", async ({ metadata, callFunction }) => {
  const worker = await createCallingFunction((event) => callFunction("worker", event));
  const recorder = await createCallingFunction((event) => callFunction("recorder", event));
  const triggerQueueUrl = await createCallingQueue((body) =>
    callFunction("triggers", { ...toDeferral(JSON.parse(body)) }),
  );
  const functions = { worker: worker.name, recorder: recorder.name, triggerQueueUrl };
  return { functions, stateMachines: createEngine(metadata, functions).stateMachines };
});

async function machinesOf(prefix: string) {
  const { stateMachines = [] } = await client.send(
    new ListStateMachinesCommand({ maxResults: 1_000 }),
  );
  return stateMachines.filter(({ name }) => name?.startsWith(prefix));
}

test("each version is a machine, tagged, until it is removed; then it is made again when it is started", async () => {
  const metadata = createSqliteMetadata({ file: ":memory:" });
  const functions = { worker: "none", recorder: "none", triggerQueueUrl: "none" };
  const { prefix, stateMachines } = createEngine(metadata, functions);
  const hashes = ["a".repeat(32), "b".repeat(32)];
  for (const dagId of ["größe.v2", "größe.v3"]) {
    const document = dagDocument({ dagId, tasks: [taskDocument("a")] });
    const { definition } = compile(document, { functions });
    for (const hash of hashes) {
      await metadata.versions.create(dagVersion({ dagId, hash, document }));
      await stateMachines.publish({ dagId, hash, definition });
    }
  }
  const machines = await machinesOf(prefix);
  expect(machines).toHaveLength(4);
  const tags = await Promise.all(
    machines.map(({ stateMachineArn: resourceArn }) =>
      client.send(new ListTagsForResourceCommand({ resourceArn })),
    ),
  );
  expect(tags.map(({ tags: each }) => each)).toContainEqual([
    { key: "stepwind:deployment", value: prefix.slice(0, -1) },
    { key: "stepwind:dag", value: "größe.v2" },
    { key: "stepwind:version", value: "a".repeat(32) },
  ]);

  for (const hash of hashes) await stateMachines.remove({ dagId: "größe.v2", hash });
  expect(await machinesOf(prefix)).toHaveLength(2);
  const run = dagRun({ dagId: "größe.v2", state: "running", versionHash: "a".repeat(32) });
  const input = { dagId: run.dagId, runId: run.runId, clearNumber: 0 };
  const answer = await stateMachines.start({ ...input, hash: run.versionHash, input });
  expect(answer).toBe("started");
  expect(await machinesOf(prefix)).toHaveLength(3);
  await metadata.close();
});

const held = Promise.withResolvers<void>();
const holding = await createCallingFunction(() => held.promise);

test("after an upgrade, machines with the names of Stepwind 0.1 finish what they run and go with their version", async () => {
  const metadata = createSqliteMetadata({ file: ":memory:" });
  const functions = { worker: holding.name, recorder: "none", triggerQueueUrl: "none" };
  const name = `test-${randomUUID().slice(0, 8)}`;
  const old = createEngine(metadata, functions, `${name}-`).stateMachines;
  const { stateMachines } = createEngine(metadata, functions, `${name}_`);
  const dagId = "orders";
  const hash = "a".repeat(32);
  const document = dagDocument({ dagId, tasks: [taskDocument("a")] });
  const { definition } = compile(document, { functions });
  await metadata.versions.create(dagVersion({ dagId, hash, document }));
  await old.publish({ dagId, hash, definition });
  const inputOf = (runId: string) => ({ dagId, runId, clearNumber: 0 });
  for (const runId of ["before", "after"]) {
    await metadata.runs.create(dagRun({ dagId, runId, state: "running", versionHash: hash }));
  }
  const before = { dagId, hash, input: inputOf("before") };
  expect(await old.start(before)).toBe("started");

  expect(await stateMachines.executionStatus(before)).toBe("running");
  expect(await stateMachines.start(before)).toBe("exists");
  expect(await machinesOf(`${name}_`)).toHaveLength(0);
  expect(await stateMachines.start({ dagId, hash, input: inputOf("after") })).toBe("started");
  expect(await machinesOf(`${name}_`)).toHaveLength(1);
  await stateMachines.stop(before.input, "enough");
  // LocalStack ends a stopped execution when what it has called answers.
  held.resolve();
  const status = () => stateMachines.executionStatus(before);
  await expect.poll(status, { timeout: 30_000 }).toBe("ended");
  await stateMachines.remove({ dagId, hash });
  expect(await machinesOf(name)).toHaveLength(0);
  await metadata.close();
});
