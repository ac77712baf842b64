import { existsSync, readFileSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test, vi } from "vitest";
import { type BashOptions, bash } from "../../src/operators/index.ts";
import { Dag } from "../../src/sdk/index.ts";
import { createMemoryLog, runTask } from "../runtime/running.ts";

const folder = await mkdtemp(join(tmpdir(), "stepwind-test-"));
afterAll(() => rm(folder, { recursive: true }));

type Changes = Parameters<typeof runTask>[2];

function run<R = string>(options: BashOptions<R> | string, changes: Changes = {}) {
  const dag = new Dag("d", { defaultArgs: { owner: "ann" } });
  dag.task("own", bash(typeof options === "string" ? { bashCommand: options } : options))();
  return runTask(dag, "own", changes);
}

/** What the command itself logged. */
const output = (lines: readonly string[]) =>
  lines.filter((line) => line.startsWith("info: ") && !/return code|Running command/.test(line));

async function waitFor<T>(read: () => T | undefined): Promise<T> {
  return vi.waitFor(() => {
    const found = read();
    if (found === undefined) throw new Error("not yet");
    return found;
  });
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    // A zombie is dead: only its parent hasn't looked yet.
    return !/^State:\s+Z/m.test(readFileSync(`/proc/${pid}/status`, "utf8"));
  } catch {
    return false;
  }
}

const pidIn = (path: string) => () => {
  const pid = existsSync(path) ? Number(readFileSync(path, "utf8")) : 0;
  return pid > 0 ? pid : undefined;
};

test("each line goes to the log, the last one is the result", async () => {
  const { result, lines } = await run("echo one; echo 'two  '; printf three");
  expect(result).toBe("three");
  expect(lines).toEqual([
    "info: Running command: echo one; echo 'two  '; printf three",
    "info: one",
    "info: two",
    "info: three",
    "info: Command exited with return code 0",
  ]);
});

test("without output the result is an empty text", async () => {
  const { outcome } = await run("true");
  expect(outcome).toMatchObject({ kind: "success", result: '""' });
});

test("stderr and stdout come in the order printed", async () => {
  const { lines } = await run("for i in 1 2 3; do echo out$i; echo err$i >&2; done");
  expect(output(lines)).toEqual(
    ["out1", "err1", "out2", "err2", "out3", "err3"].map((l) => `info: ${l}`),
  );
});

test("lines are logged while the command runs", async () => {
  const log = createMemoryLog();
  const fifo = join(folder, "go");
  const running = run(`mkfifo ${fifo}; echo waiting; read line < ${fifo}; echo $line`, { log });
  await waitFor(() => log.lines.find((line) => line === "info: waiting"));
  const { writeFile } = await import("node:fs/promises");
  await writeFile(fifo, "went on\n");
  expect((await running).result).toBe("went on");
});

test("a processor makes the result of the last line", async () => {
  const { result } = await run({
    bashCommand: `echo '{"rows": 3}'`,
    outputProcessor: (line): { rows: number } => JSON.parse(line),
  });
  expect(result).toEqual({ rows: 3 });
});

test("exit code 99 skips, another one fails and may be retried", async () => {
  expect((await run("exit 99")).outcome).toMatchObject({
    kind: "skipped",
    message: "Bash command returned exit code 99. Skipping.",
  });
  expect((await run("echo oops; exit 3")).outcome).toMatchObject({
    kind: "failed",
    retry: true,
    error: { message: "Bash command failed. The command returned a non-zero exit code 3." },
  });
  expect((await run("kill -9 $$")).outcome).toMatchObject({
    error: { message: "Bash command failed. The command returned a non-zero exit code -9." },
  });
});

test("which exit codes skip can be chosen", async () => {
  const skipOn = async (skipOnExitCode: number | number[] | null, code: number) =>
    (await run({ bashCommand: `exit ${code}`, skipOnExitCode })).outcome.kind;
  expect(await skipOn([3, 4], 4)).toBe("skipped");
  expect(await skipOn(5, 99)).toBe("failed");
  expect(await skipOn(null, 99)).toBe("failed");
});

test("command, environment and directory are templates", async () => {
  const { lines } = await run({
    bashCommand: "echo {{ ds }} $DAY; pwd",
    env: { DAY: "{{ macros.ds_add(ds, 1) }}" },
    cwd: `${folder}/{{ "." }}`,
  });
  expect(output(lines)).toEqual(["info: 2026-01-31 2026-02-01", `info: ${folder}`]);
});

test("the result of a task is no template, neither is what a template gives", async () => {
  const dag = new Dag("d");
  const text = dag.task("text", async () => "")();
  dag.task(
    "own",
    bash({ bashCommand: "echo $A", env: { A: text, PATH: process.env.PATH ?? "" } }),
  )();
  const { result } = await runTask(dag, "own", { reads: { text: '"{{ ds }} $(date)"' } });
  expect(result).toBe("{{ ds }} $(date)");
});

test("env replaces the environment, or is added to it", async () => {
  process.env.STEPWIND_TEST = "inherited";
  const show = 'echo "$STEPWIND_TEST-$OWN-$AIRFLOW_CTX_TASK_ID-$AIRFLOW_CTX_DAG_OWNER"';
  expect((await run(show)).result).toBe("inherited--own-ann");
  expect((await run({ bashCommand: show, env: { OWN: "x" } })).result).toBe("-x-own-ann");
  const added = await run({ bashCommand: show, env: { OWN: 5 }, appendEnv: true });
  expect(added.result).toBe("inherited-5-own-ann");
  delete process.env.STEPWIND_TEST;
});

test("the command runs in a new directory that goes away with it", async () => {
  const { result } = await run("touch left_behind; pwd");
  expect(String(result)).toContain(join(tmpdir(), "stepwind-"));
  expect(existsSync(String(result))).toBe(false);
});

test("a directory that isn't there is named", async () => {
  const missing = await run({ bashCommand: "true", cwd: `${folder}/none` });
  expect(missing.outcome).toMatchObject({
    error: { message: `Can not find the cwd: ${folder}/none` },
  });
  const file = await run({ bashCommand: "true", cwd: process.execPath });
  expect(file.outcome).toMatchObject({
    error: { message: `The cwd ${process.execPath} must be a directory` },
  });
});

test("an abort ends the whole process group, and the outcome is its reason", async () => {
  const controller = new AbortController();
  const path = join(folder, "pid");
  const running = run(`sleep 1000 & echo $! > ${path}; wait`, { signal: controller.signal });
  const pid = await waitFor(pidIn(path));
  expect(isAlive(pid)).toBe(true);
  controller.abort(new Error("timed out after 1 s"));
  const { outcome, lines } = await running;
  expect(outcome).toMatchObject({ kind: "failed", error: { message: "timed out after 1 s" } });
  expect(lines[1]).toBe("warning: Sending SIGTERM to the command's process group");
  await vi.waitFor(() => expect(isAlive(pid)).toBe(false));
});

test("what ignores SIGTERM is killed after a grace of five seconds", async () => {
  vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
  const controller = new AbortController();
  const log = createMemoryLog();
  const command = "trap '' TERM; echo ready; while true; do sleep 0.05; done";
  const running = run(command, { signal: controller.signal, log });
  const isReady = () => (log.lines.includes("info: ready") ? true : undefined);
  while (!isReady()) await new Promise((resolve) => setImmediate(resolve));
  controller.abort(new Error("stopped"));
  vi.advanceTimersByTime(4_999);
  let ended = false;
  void running.then(() => {
    ended = true;
  });
  for (let turn = 0; turn < 100; turn += 1) await new Promise((resolve) => setImmediate(resolve));
  expect(ended).toBe(false);
  vi.advanceTimersByTime(1);
  vi.useRealTimers();
  expect((await running).outcome).toMatchObject({ kind: "failed", error: { message: "stopped" } });
});

test("the host knows the process group as long as it lives", async () => {
  const groups = new Set<number>();
  const log = createMemoryLog();
  const running = run("echo $$; sleep 1000", {
    log,
    registerProcess(pid) {
      groups.add(pid);
      return () => groups.delete(pid);
    },
  });
  const line = await waitFor(() => log.lines.find((each) => /^info: \d+$/.test(each)));
  expect([...groups]).toEqual([Number(line.slice(6))]);
  for (const leader of groups) process.kill(-leader, "SIGKILL");
  expect((await running).outcome).toMatchObject({
    error: { message: "Bash command failed. The command returned a non-zero exit code -9." },
  });
  expect(groups.size).toBe(0);
});

test("a background process that holds the output is waited for, as in Airflow", async () => {
  const { lines, result } = await run("(sleep 0.1; echo late) & echo early");
  expect(output(lines)).toEqual(["info: early", "info: late"]);
  expect(result).toBe("late");
});

test("a line of 10 MB is cut in the log, and the task goes on", async () => {
  const { result, lines } = await run("head -c 10000000 /dev/zero | tr '\\0' x; echo; echo done");
  expect(result).toBe("done");
  expect(lines).toHaveLength(4);
  expect(lines[1]).toMatch(/^info: x{65536} … \[line of 10000000 bytes cut after 65536\]$/);
});

test("a last line over the limit of a result fails the task and says so", async () => {
  const { outcome } = await run("head -c 17000000 /dev/zero | tr '\\0' x");
  expect(outcome).toMatchObject({
    kind: "failed",
    error: { message: expect.stringContaining("has 17000000 bytes, over the limit of 16777216") },
  });
});

test("bytes that are no UTF-8 are replaced", async () => {
  const { result } = await run("printf 'a\\xff\\xfeb\\x00c'");
  expect(result).toBe("a\uFFFD\uFFFDb\0c");
});

test("without bash the command runs with sh, and the log says so", async () => {
  const path = process.env.PATH;
  const { symlink } = await import("node:fs/promises");
  await symlink("/bin/sh", join(folder, "sh"));
  process.env.PATH = folder;
  try {
    const { result, lines } = await run("echo $((1 + 1))");
    expect(lines[0]).toBe("info: Running command: echo $((1 + 1))");
    expect(result).toBe("2");
    expect(lines[1]).toBe(
      "warning: bash is not installed here; running the command with sh instead",
    );
  } finally {
    process.env.PATH = path;
  }
});

test("a command that is too long for the system fails with the reason", async () => {
  const { outcome } = await run(`: ${"x".repeat(3_000_000)}`);
  expect(outcome).toMatchObject({
    kind: "failed",
    error: { message: expect.stringMatching(/longer than the system allows .* 3000002 bytes/) },
  });
});
