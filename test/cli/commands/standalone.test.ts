// The whole product as a person meets it: a server in a process of its own, and commands that talk
// to it.
import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { startServer } from "../../e2e/server-process.ts";
import { temporaryFolder } from "../../local/temporary-folder.ts";
import { stepwind } from "../captured-terminal.ts";

const DAG = `import { Dag } from "stepwind";
import { bash } from "stepwind/operators";
export const dag = new Dag("hello", { schedule: null });
const hello = dag.task("print_hello", bash({ bashCommand: "echo Hello; sleep 0.3; echo there" }));
const world = dag.task("print_world", async ({ text }: { text: string }) => console.log(text + " world"));
world({ text: hello() });
`;

async function serve(files: Readonly<Record<string, string>> = {}) {
  const folder = temporaryFolder();
  mkdirSync(join(folder, "dags"));
  writeFileSync(join(folder, "dags/hello.ts"), DAG);
  for (const [path, text] of Object.entries(files)) writeFileSync(join(folder, path), text);
  writeFileSync(join(folder, "dags/broken.ts"), `${DAG}const = 3;\n`);
  const server = await startServer({
    home: join(folder, ".stepwind"),
    dagsFolder: join(folder, "dags"),
  });
  onTestFinished(async () => {
    await server.kill("SIGKILL");
  });
  return { folder, server };
}

test("new DAGs start paused where the server is told so", async () => {
  const folder = temporaryFolder();
  mkdirSync(join(folder, "dags"));
  writeFileSync(join(folder, "dags/hello.ts"), DAG);
  const awake = DAG.replace('"hello", { ', '"awake", { isPausedUponCreation: false, ');
  writeFileSync(join(folder, "dags/awake.ts"), awake);
  const places = { home: join(folder, ".stepwind"), dagsFolder: join(folder, "dags") };
  const server = await startServer(places, "--dags-are-paused-at-creation");
  onTestFinished(async () => void (await server.kill("SIGKILL")));
  expect((await server.request("/dags/hello")).is_paused).toBe(true);
  expect((await server.request("/dags/awake")).is_paused).toBe(false);
  const wrong = await stepwind(folder, "standalone", "--dags-are-paused-at-creation", "maybe");
  expect([wrong.code, wrong.err]).toEqual([2, expect.stringContaining("true, false")]);
});

async function until(holds: () => boolean): Promise<void> {
  for (const end = Date.now() + 5_000; !holds() && Date.now() < end; ) {
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

test("a DAG is triggered, watched to its end, and its logs are read", async () => {
  const { folder, server } = await serve();
  const run = await stepwind(folder, "dags", "trigger", "hello", "-r", "first", "--wait");
  expect(run.out).toMatch(/✓ print_world {2}success/);
  expect(run.out).toMatch(/✓ hello success in /);
  expect(run.code).toBe(0);
  const logs = await stepwind(
    folder,
    "tasks",
    "logs",
    "hello",
    "first",
    "print_world",
    "-o",
    "plain",
  );
  expect(logs.out.split("\n")).toContain("there world");
  const all = await stepwind(folder, "tasks", "logs", "hello");
  expect(all.out).toMatch(
    /^print_hello {2}success\n[\s\S]* {2}Hello\n[\s\S]*^print_world {2}success\n/m,
  );
  const states = await stepwind(folder, "tasks", "states-for-dag-run", "hello", "first");
  expect(states.out).toMatch(/^print_hello +success +1 /m);
  await until(() => server.output.some((line) => line.startsWith("✓ hello  first  success")));
  expect(server.output.join("\n")).toContain("✓ hello  first  success");
});

test("a run that is queued says why", async () => {
  const { folder, server } = await serve({
    "dags/narrow.ts": `import { Dag } from "stepwind";
import { bash } from "stepwind/operators";
export const dag = new Dag("narrow", { schedule: null, maxActiveRuns: 1 });
dag.task("slow", bash({ bashCommand: "sleep 20" }))();
`,
  });
  await until(() => server.output.some((line) => line.includes("Ctrl-C")));
  await stepwind(folder, "dags", "trigger", "narrow", "-l", "none", "-r", "first");
  const second = await stepwind(folder, "dags", "trigger", "narrow", "-l", "none", "-r", "second");
  expect(second.err).toContain("the DAG has 1 active run, its limit");
  await stepwind(folder, "dags", "pause", "narrow");
  for (const command of [
    ["dags", "state"],
    ["tasks", "states-for-dag-run"],
  ]) {
    const { err } = await stepwind(folder, ...command, "narrow", "second");
    expect(err).toContain("The DAG is paused: the run waits for");
  }
  expect((await stepwind(folder, "dags", "state", "narrow", "first")).err).toBe("");
});

test("logs are followed while the task runs", async () => {
  const { folder } = await serve();
  await stepwind(folder, "dags", "trigger", "hello", "-r", "first");
  const { out, code } = await stepwind(
    folder,
    ...["tasks", "logs", "hello", "first", "print_hello", "--follow", "-o", "plain"],
  );
  expect(out.split("\n").filter((line) => /^(Hello|there)$/.test(line))).toEqual([
    "Hello",
    "there",
  ]);
  expect(code).toBe(0);
});

test("following goes on over retries, and ends with a task that never ran", async () => {
  const { folder, server } = await serve();
  writeFileSync(
    join(folder, "dags/flaky.ts"),
    `import { Dag, getContext } from "stepwind";
export const dag = new Dag("flaky", { schedule: null });
const retried = dag.task("retried", async () => {
  console.log("try " + getContext().tryNumber);
  throw new Error("no");
}, { retries: 1, retryDelay: 1 })();
dag.task("never", async () => 1)().after(retried);
`,
  );
  await until(() => server.output.some((line) => line.includes("flaky.ts: flaky")));
  await stepwind(folder, "dags", "trigger", "flaky", "-r", "first");
  const follow = (taskId: string) =>
    stepwind(folder, "tasks", "logs", "flaky", "first", taskId, "--follow", "-o", "plain");
  const { out } = await follow("retried");
  expect(out.split("\n").filter((line) => /^try \d$/.test(line))).toEqual(["try 1", "try 2"]);
  const never = await follow("never");
  expect(never.out).toBe("");
  expect(never.err).toContain("has not run (state: upstream_failed)");
  const beyond = await stepwind(folder, "tasks", "logs", "flaky", "first", "retried", "3");
  expect(beyond.err).toContain("Its last try is 2");
});

test("the server tells its DAGs, their mistakes and what to type next, and sees new files", async () => {
  const { folder, server } = await serve();
  await until(() => server.output.some((line) => line.includes("Ctrl-C")));
  const said = server.output.join("\n");
  expect(said).toMatch(/^ {2}hello +None +-$/m);
  expect(said).toContain("broken.ts:7  error  syntax-error");
  expect(said).toContain("stepwind dags trigger hello --wait");
  writeFileSync(join(folder, "dags/second.ts"), DAG.replace('"hello"', '"second"'));
  await until(() => server.output.at(-1)?.includes("second.ts: second") ?? false);
  expect(server.output.at(-1)).toContain("second.ts: second");
  rmSync(join(folder, "dags/second.ts"));
  await until(() => server.output.at(-1)?.startsWith("gone") ?? false);
  expect(server.output.at(-1)).toMatch(/^gone .*second\.ts: second$/);
});

test("it is hello_world that the server suggests to start with, if it is there", async () => {
  const { server } = await serve({ "dags/zz.ts": DAG.replace('"hello"', '"hello_world"') });
  await until(() => server.output.some((line) => line.includes("Ctrl-C")));
  expect(server.output.join("\n")).toContain("npx stepwind dags trigger hello_world --wait");
});

test("what callbacks of a DAG write is told by the server, and by dags test", async () => {
  const { folder, server } = await serve({
    "dags/told.ts": `import { Dag } from "stepwind";
export const dag = new Dag("told", {
  schedule: null,
  onFailureCallback: [({ reason }) => console.log("all is lost:", reason), () => { throw new Error("and this"); }],
});
dag.task("t", async () => { throw new Error("no"); })();
`,
  });
  await stepwind(folder, "dags", "trigger", "told", "-r", "first", "--wait");
  await until(() => server.output.some((line) => line.includes("and this")));
  expect(server.output).toContain("callback told  first  │ all is lost: task_failure");
  const error =
    'Callback of run "first" of DAG "told": Callback without a name failed: Error: and this';
  expect(server.output.join("\n")).toContain(error);
  const tested = await stepwind(folder, "dags", "test", "told");
  expect(tested.out).toMatch(/^callback told .* │ all is lost: task_failure$/m);
});

test("a second server on the folder, or on the port, says what is in the way", async () => {
  const { folder, server } = await serve();
  const sameFolder = await stepwind(folder, "standalone", "--port", "0");
  expect(sameFolder.code).toBe(1);
  expect(sameFolder.err).toContain(server.url);
  const { port } = new URL(server.url);
  const samePort = await stepwind(folder, "standalone", "--port", port, "--home", "other");
  expect(samePort.code).toBe(1);
  expect(samePort.err).toContain(`Port ${port}`);
  expect(samePort.err).toContain("--port");
});

test("it stops at SIGTERM with exit code 0, and the address is forgotten", async () => {
  const { folder, server } = await serve();
  expect(await server.kill("SIGTERM")).toBe(0);
  const gone = await stepwind(folder, "--url", server.url, "dags", "list");
  expect(gone.code).toBe(1);
  expect(gone.err).toContain(`No server answers at ${server.url}`);
  expect((await stepwind(folder, "dags", "list")).code).toBe(0);
});
