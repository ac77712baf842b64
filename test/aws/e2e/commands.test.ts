// The commands against the deployment: push and doctor, and those about DAGs and tasks by the
// address of its API.
import { mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { DeleteStateMachineCommand } from "@aws-sdk/client-sfn";
import {
  ListQueuesCommand,
  PurgeQueueCommand,
  SendMessageCommand,
  SQSClient,
} from "@aws-sdk/client-sqs";
import { expect, inject, test } from "vitest";
import { SQS_CLIENT_OPTIONS } from "../../../src/aws/client-options.ts";
import { main } from "../../../src/cli/main.ts";
import { captureTerminal, stepwind } from "../../cli/captured-terminal.ts";
import { temporaryFolder } from "../../local/temporary-folder.ts";
import { isMiniStack } from "../ministack.ts";
import { openCloud, until } from "./cloud.ts";
import { PASSWORD } from "./deployed-stack.ts";
import { reachableAddress } from "./endpoints/function-url.ts";

const PUSHED = {
  "dags/pushed.ts": `import { Dag } from "stepwind";
import { shout } from "loud-words";
import { word } from "./word.ts";
export const dag = new Dag("pushed", { schedule: null });
dag.task("only", async () => shout(word))();
`,
  "dags/word.ts": 'export const word = "hello";\n',
  "node_modules/loud-words/package.json": '{ "name": "loud-words", "main": "main.js" }',
  "node_modules/loud-words/main.js": "exports.shout = (word) => word.toUpperCase();",
};

test("push uploads a folder with its packages, and tells of mistakes as a compiler does", async () => {
  const cloud = openCloud();
  const folder = temporaryFolder();
  for (const [file, text] of Object.entries(PUSHED)) {
    mkdirSync(dirname(join(folder, file)), { recursive: true });
    writeFileSync(join(folder, file), text);
  }
  // What an earlier test on the same emulator has left, and a file of somebody else's.
  for (const file of ["_packages/loud-words.cjs", "word.ts", "pushed.ts"]) await cloud.remove(file);
  await cloud.upload("elsewhere.txt", "not in the folder");
  const first = await stepwind(folder, "push");
  expect(first.err).toContain("in the bucket that the folder hasn't");
  expect(first.out).toContain("3 files uploaded");
  expect(first.out).toMatch(
    /^ {2}\+ _packages\/loud-words\.cjs\n {2}\+ word\.ts\n {2}\+ pushed\.ts$/m,
  );
  expect(first.out).toMatch(/^✓ pushed\.ts {2}pushed$/m);
  expect(first.code).toBe(0);
  const { run, state } = await cloud.run("pushed");
  expect(state).toBe("success");
  const key = { dagId: "pushed", runId: run.runId, taskId: "only", mapIndex: -1 };
  expect((await cloud.metadata.xcoms.get(key, "return_value"))?.value).toBe('"HELLO"');

  expect((await stepwind(folder, "push")).out).toContain("Nothing changed in 1 DAG file");

  writeFileSync(join(folder, "dags/pushed.ts"), `${PUSHED["dags/pushed.ts"]}const = 1;\n`);
  const broken = await stepwind(folder, "push");
  expect(broken.err).toMatch(/^dags\/pushed\.ts:6 {2}error {2}syntax-error {2}/m);
  expect(broken.out).toContain("1 DAG live, 1 error");
  expect(broken.code).toBe(1);
});

/** `stepwind …argv` on the deployment's API, with the output of a command that did what it should. */
async function onDeployment(...argv: readonly string[]): Promise<string> {
  const env = {
    STEPWIND_URL: await reachableAddress(inject("deployed").apiUrl),
    STEPWIND_PASSWORD: PASSWORD,
  };
  const terminal = captureTerminal({ cwd: temporaryFolder(), env });
  const code = await main(argv, terminal);
  expect({ code, ...terminal.written }, argv.join(" ")).toMatchObject({ code: 0 });
  expect(terminal.written.err).toContain(`On ${env.STEPWIND_URL} (STEPWIND_URL)`);
  return terminal.written.out;
}

test("the commands about DAGs, runs and tasks work on the address of a deployment", async ({
  skip,
}) => {
  skip(!(await isMiniStack()), "LocalStack's addresses need its name server");
  const cloud = openCloud();
  await cloud.upload(
    "from_afar.ts",
    `import { Dag } from "stepwind";
export const dag = new Dag("from_afar", { schedule: null });
dag.task("only", async () => console.log("hello from afar"))();
`,
  );
  await cloud.dagWhen("from_afar");
  const dags: readonly { dag_id: string }[] = JSON.parse(
    await onDeployment("dags", "list", "-o", "json"),
  );
  expect(dags.map(({ dag_id }) => dag_id)).toContain("from_afar");
  const watched = await onDeployment("dags", "trigger", "from_afar", "--wait");
  expect(watched).toMatch(/✓ only {2}success/);
  expect(watched).toMatch(/✓ from_afar success/);
  expect(await onDeployment("tasks", "logs", "from_afar", "latest", "only")).toContain(
    "hello from afar",
  );
  expect(await onDeployment("dags", "list-runs", "from_afar")).toMatch(/manual__\S+ +success/);
  await onDeployment("dags", "pause", "from_afar");
  expect((await cloud.metadata.dags.get("from_afar"))?.isPaused).toBe(true);
  await onDeployment("dags", "delete", "from_afar", "--yes");
  await cloud.remove("from_afar.ts");
});

test("a backfill runs each date once, two at a time, and the command waits for its end", async ({
  skip,
}) => {
  skip(!(await isMiniStack()), "LocalStack's addresses need its name server");
  const cloud = openCloud();
  await cloud.upload(
    "filled.ts",
    `import { Dag } from "stepwind";
export const dag = new Dag("filled", { schedule: "@daily", startDate: "2100-01-01" });
dag.task("only", async () => 1)();
`,
  );
  await cloud.dagWhen("filled");
  const range = ["--dag-id", "filled", "--from-date", "2026-01-01", "--to-date", "2026-01-05"];
  const told = await onDeployment("backfill", "create", ...range, "--max-active-runs", "2");
  expect(told).toMatch(/of filled is complete: 5 runs/);
  const { items } = await cloud.metadata.runs.list({ dagId: "filled" });
  expect(items.map(({ backfillOrdinal }) => backfillOrdinal)).toEqual([5, 4, 3, 2, 1]);
  expect(items.every(({ state }) => state === "success")).toBe(true);
  const again = await onDeployment(
    "backfill",
    "create",
    ...range,
    "--reprocess-behavior",
    "completed",
  );
  expect(again).toMatch(/of filled is complete: 5 runs/);
  for (const run of (await cloud.metadata.runs.list({ dagId: "filled" })).items) {
    expect([run.state, run.clearNumber, run.runType]).toEqual(["success", 1, "backfill"]);
  }
  expect((await cloud.metadata.dags.get("filled"))?.backfillId).toBeUndefined();
  await cloud.remove("filled.ts");
});

test("a deployment that the environment names is found by its name, and nothing else answers for it", async () => {
  const on = async (stack: string) => {
    const terminal = captureTerminal({ cwd: temporaryFolder(), env: { STEPWIND_STACK: stack } });
    return { code: await main(["dags", "list"], terminal), ...terminal.written };
  };
  const { apiUrl } = inject("deployed");
  const found = await on("Stepwind");
  expect(found.err).toContain(`On ${apiUrl} (STEPWIND_STACK Stepwind)`);
  // Its name leads somewhere on AWS only; with a log-in missing, it is refused where it does.
  expect(found).toMatchObject({ code: 1, out: "" });
  expect(found.err).toContain(apiUrl);
  const none = await on("Nowhere");
  expect(none).toMatchObject({ code: 1, out: "" });
  expect(none.err).toContain('There is no deployment "Nowhere"');
});

test("doctor finds nothing wrong with a deployment that works, and says what is wrong with one that doesn't", async () => {
  const cloud = openCloud();
  const folder = temporaryFolder();
  // Others upload DAGs meanwhile, whose schedules come a moment later.
  const doctor = () => stepwind(folder, "doctor");
  const healthy = await until("a healthy deployment", doctor, ({ out }) => !out.includes("✗"));
  expect(healthy.out).toContain("✓ functions        10 functions are there");
  expect(healthy.out).toMatch(/✓ triggers +Stepwind[-_]\S+ reaches the triggerer; /);
  expect(healthy.out).toContain("Nothing is wrong");
  expect(healthy.code).toBe(0);

  const [name = ""] = await cloud.machinesOf("pushed");
  const { stateMachineArnPrefix, stateMachinePrefix } = cloud.environment;
  const stateMachineArn = stateMachineArnPrefix + name.slice(stateMachinePrefix.length);
  await cloud.sfn.send(new DeleteStateMachineCommand({ stateMachineArn }));
  const sqs = new SQSClient(SQS_CLIENT_OPTIONS);
  const { QueueUrls = [] } = await sqs.send(
    new ListQueuesCommand({ QueueNamePrefix: "Stepwind-" }),
  );
  const QueueUrl = QueueUrls.find((url) => url.includes("DeadLetters"));
  await sqs.send(new SendMessageCommand({ QueueUrl, MessageBody: "lost" }));
  const ill = await stepwind(folder, "doctor");
  await sqs.send(new PurgeQueueCommand({ QueueUrl }));
  expect(ill.out).toContain('✗ state machines   DAG "pushed" has no state machine');
  expect(ill.out).toMatch(/✗ dead letters {5}Stepwind-\S+ holds 1 event that/);
  expect(ill.code).toBe(1);

  const none = await stepwind(folder, "doctor", "--stack", "Nowhere");
  expect(none.err).toContain('There is no deployment "Nowhere"');
  expect(none.err).toMatch(/There is: .*\bStepwind\b/);
  expect(none.code).toBe(1);
});
