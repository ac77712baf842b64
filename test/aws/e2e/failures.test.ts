// Failures on the deployment: of tasks, of workers, of executions; and what Slack hears of them.
import { DescribeExecutionCommand, StopExecutionCommand } from "@aws-sdk/client-sfn";
import { beforeAll, expect, inject, test } from "vitest";
import { type Cloud, openCloud, until } from "./cloud.ts";

let cloud: Cloud;
beforeAll(() => {
  cloud = openCloud();
});

test("a task that fails three times posts exactly one message to Slack", async () => {
  await cloud.upload(
    "failing.ts",
    `import { Dag } from "stepwind";
export const dag = new Dag("failing", { schedule: null });
const bad = dag.task("bad", async () => { throw new RangeError("too far"); }, { retries: 2, retryDelay: 1 })();
dag.task("after", async () => 1)().after(bad);
`,
  );
  await cloud.dagWhen("failing");
  const { run, state, states } = await cloud.run("failing");
  expect({ state, states }).toEqual({
    state: "failed",
    states: { after: "upstream_failed", bad: "failed" },
  });
  const key = { dagId: "failing", runId: run.runId, taskId: "bad", mapIndex: -1 };
  expect(await cloud.metadata.taskInstances.get(key)).toMatchObject({ tryNumber: 3 });
  const told = () => cloud.messages(run.runId);
  await until("a message", told, (texts) => texts.length > 0);
  // A second message would come from what follows the first: a run after it has told its own
  // failure by then.
  const second = await cloud.run("failing");
  await until(
    "the next message",
    () => cloud.messages(second.run.runId),
    (texts) => texts.length > 0,
  );
  const messages = await told();
  expect(messages).toHaveLength(1);
  expect(messages[0]).toContain("RangeError: too far");
  expect(messages[0]).toContain("`bad` of DAG `failing`");
});

test("a worker process that is killed loses one try and no more", async () => {
  await cloud.upload(
    "killed.ts",
    `import { Dag, getContext } from "stepwind";
export const dag = new Dag("killed", { schedule: null });
dag.task("once", async () => {
  if (getContext().tryNumber === 1) process.kill(process.pid, "SIGKILL");
  return getContext().tryNumber;
}, { retries: 2, retryDelay: 1 })();
dag.task("always", async () => process.kill(process.pid, "SIGKILL"))();
`,
  );
  await cloud.dagWhen("killed");
  const { run, state, states } = await cloud.run("killed");
  expect({ state, states }).toEqual({
    state: "failed",
    states: { always: "failed", once: "success" },
  });
  const key = { dagId: "killed", runId: run.runId, taskId: "once", mapIndex: -1 };
  expect(await cloud.metadata.taskInstances.get(key)).toMatchObject({ tryNumber: 2 });
});

test("however a task's process ends, its log has the lines before and the reason, and it is at work no more", async () => {
  await cloud.upload(
    "endings.ts",
    `import { Dag, getContext } from "stepwind";
export const dag = new Dag("endings", { schedule: null });
const never = () => new Promise(() => {});
dag.task("slow", async () => {
  console.log("slow before");
  const body = JSON.stringify({ text: "tick of " + getContext().runId });
  setInterval(() => fetch(${JSON.stringify(inject("catcher"))}, { method: "POST", body }), 200);
  await never();
}, { executionTimeout: 3 })();
dag.task("exits", async () => { console.log("exits before"); process.exit(3); })();
dag.task("killed", async () => { console.log("killed before"); process.kill(process.pid, "SIGKILL"); })();
dag.task("takes_all", async () => {
  console.log("takes_all before");
  await new Promise((resolve) => setTimeout(resolve, 2_500));
  if (getContext().tryNumber <= 2) process.kill(process.ppid, "SIGKILL");
}, { retries: 2, retryDelay: 1 })();
dag.task("takes_last", async () => {
  console.log("takes_last before");
  await new Promise((resolve) => setTimeout(resolve, 2_500));
  process.kill(process.ppid, "SIGKILL");
})();
`,
  );
  await cloud.dagWhen("endings");
  const { run, states } = await cloud.run("endings");
  expect(states).toEqual({
    slow: "failed",
    exits: "failed",
    killed: "failed",
    takes_all: "success",
    takes_last: "failed",
  });
  const reasons: Readonly<Record<string, RegExp>> = {
    slow: /timed out after 3 s \(executionTimeout\)$/,
    exits: /its process exited with code 3 \(process\.exit in user code\?\)$/,
    killed: /its process was ended by SIGKILL: .* \(the worker function has 1024 MB\)$/,
    takes_all: /before it reported how the try ended: .* out of memory \(1024 MB\)/,
    // Found by another call of the worker or by the recorder: emulators name such a death
    // differently.
    takes_last: /(?:the try ended|tries are used up): .* out of memory \(1024 MB\)/,
  };
  for (const [taskId, reason] of Object.entries(reasons)) {
    const path = `/dags/endings/dagRuns/${run.runId}/taskInstances/${taskId}/logs/1`;
    const { body } = await cloud.ask(path, { method: "GET" });
    const lines: readonly string[] = body.content.map(({ event }: { event: string }) => event);
    expect(lines).toContain(`${taskId} before`);
    expect(lines.at(-1)).toMatch(/^The try died: /);
    expect(lines.at(-1)).toMatch(reason);
  }
  const ticks = async () => (await cloud.messages(`tick of ${run.runId}`)).length;
  const before = await ticks();
  expect(before).toBeGreaterThan(3);
  await new Promise((resolve) => setTimeout(resolve, 1_500));
  expect(await ticks()).toBe(before);
  const told = await until(
    "messages of all failures",
    () => cloud.messages(run.runId),
    (texts) =>
      ["slow", "exits", "killed", "takes_last"].every((id) =>
        texts.some((text) => text.includes(`\`${id}\``)),
      ),
  );
  expect(told.join("\n")).toContain("out of memory (1024 MB)");
});

test("an execution that somebody stops is recorded as a failed run", async () => {
  await cloud.upload(
    "stopped.ts",
    `import { Dag } from "stepwind";
export const dag = new Dag("stopped", { schedule: null });
const slow = dag.task("slow", async () => new Promise((resolve) => setTimeout(resolve, 8_000)))();
dag.task("never", async () => 1)().after(slow);
`,
  );
  await cloud.dagWhen("stopped");
  const runId = await cloud.trigger("stopped");
  const key = { dagId: "stopped", runId, taskId: "slow", mapIndex: -1 };
  await until(
    "slow's start",
    () => cloud.metadata.taskInstances.get(key),
    ({ state }) => state === "running",
  );
  const [executionArn = ""] = await cloud.executionsOf("stopped");
  await cloud.sfn.send(new StopExecutionCommand({ executionArn, cause: "by hand" }));
  const { run, states } = await cloud.endOf("stopped", runId);
  expect(run).toMatchObject({ state: "failed", reason: "task_failure" });
  expect(states.never).toBe("failed");
  // LocalStack tells of the stop when the worker has answered; what was recorded until then stands,
  // and only that.
  const slow = await cloud.metadata.taskInstances.get(key);
  if (slow?.state === "success") expect(slow.endDate?.localeCompare(run.endDate ?? "")).toBe(-1);
  else expect(slow?.state).toBe("failed");
  const { status } = await cloud.sfn.send(new DescribeExecutionCommand({ executionArn }));
  expect(status).toBe("ABORTED");
});
