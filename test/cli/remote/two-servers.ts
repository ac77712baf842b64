// Two servers with the same DAGs, users and history: commands reach one by its home folder, and the
// other only by its address with a token that `stepwind login` has kept.
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { onTestFinished, vi } from "vitest";
import { main } from "../../../src/cli/main.ts";
import { packageVersion } from "../../../src/cli/version.ts";
import { machineUser } from "../../../src/local/access/machine-user.ts";
import { startStandalone } from "../../../src/local/standalone.ts";
import { temporaryFolder } from "../../local/temporary-folder.ts";
import { type Answer, captureTerminal, stepwind } from "../captured-terminal.ts";

const PASSWORD = "correct horse battery";

const FILES: Readonly<Record<string, string>> = {
  "orders.ts": `import { Asset, Dag, getContext } from "stepwind";
import { bash } from "stepwind/operators";
const shop = new Asset({ name: "shop", uri: "s3://b/shop" });
export const dag = new Dag("orders", { schedule: null, tags: ["shop"], params: { day: "monday" } });
const fetchAll = dag.task("fetch", bash({ bashCommand: "echo Hello" }))();
const load = dag.task("load", async ({ text }: { text: string }) => {
  console.log(text, getContext().params["day"]);
  if (getContext().params["day"] === "sunday") throw new TypeError("closed on\\nsundays");
}, { retries: 1, retryDelay: 0, outlets: [shop] });
load({ text: fetchAll });
`,
  "daily.ts": `import { Dag } from "stepwind";
export const dag = new Dag("daily", {
  schedule: "0 6 * * *", startDate: "2026-01-01", catchup: false, isPausedUponCreation: true });
dag.task("load", async () => 1)();
`,
  "question.ts": `import { Dag } from "stepwind";
import { approval } from "stepwind/operators";
export const dag = new Dag("question", { schedule: null });
dag.task("approve", approval({ subject: "Publish?" }))();
`,
  "broken.ts": `import { Dag } from "stepwind";\nexport const dag = new Dag("broken";\n`,
};

export interface Side {
  readonly url: string;
  /** Of the project, which files of commands go to as well. */
  readonly folder: string;
  run(...argv: readonly string[]): Promise<Answer>;
  /** Resolves when the run has ended. */
  ended(dagId: string, runId: string): Promise<void>;
}

/** The project's server, which asks for a log-in. */
async function startServer() {
  const folder = temporaryFolder();
  mkdirSync(join(folder, "dags"));
  for (const [name, text] of Object.entries(FILES)) {
    writeFileSync(join(folder, "dags", name), text);
  }
  for (const [name, role] of [
    ["ann", "Admin"],
    ["vic", "Viewer"],
  ] as const) {
    const who = ["-u", name, "-e", `${name}@example.org`, "-f", name, "-l", "Lee", "-r", role];
    const { code, err } = await stepwind(folder, "users", "create", ...who, "-p", PASSWORD);
    if (code !== 0) throw new Error(err);
  }
  const server = await startStandalone({
    home: join(folder, ".stepwind"),
    dagsFolder: join(folder, "dags"),
    port: 0,
    requiresLogIn: true,
    version: packageVersion(),
  });
  onTestFinished(server.stop);
  return { folder, url: server.url };
}

/** Commands in the project's folder. */
export async function startHere(): Promise<Side> {
  const { folder, url } = await startServer();
  const headers = { "content-type": "application/json" };
  const body = JSON.stringify({ username: "ann", password: PASSWORD });
  await fetch(`${url}/auth/token`, { method: "POST", headers, body });
  return toSide({ folder, url, run: (...argv) => stepwind(folder, ...argv) });
}

/** Commands in an empty folder, with the address and what "login" has kept. */
export async function startAway(username = "ann"): Promise<Side & { readonly config: string }> {
  const { folder, url } = await startServer();
  const [cwd, config] = [temporaryFolder(), temporaryFolder()];
  const run = async (...argv: readonly string[]) => {
    const env = { XDG_CONFIG_HOME: config };
    const terminal = captureTerminal({ cwd, env, secret: async () => PASSWORD });
    const code = await main([...argv, "--url", url], terminal);
    return { code, ...terminal.written };
  };
  const { code, err } = await run("login", "-u", username);
  if (code !== 0) throw new Error(err);
  return { ...toSide({ folder, url, run }), config };
}

function toSide(side: Omit<Side, "ended">): Side {
  return {
    ...side,
    async ended(dagId, runId) {
      await vi.waitFor(
        async () => {
          const { out } = await side.run("dags", "state", dagId, runId);
          if (!/^(success|failed)/.test(out)) throw new Error(`${dagId} ${runId}: ${out}`);
        },
        { timeout: 30_000, interval: 100 },
      );
    },
  };
}

/** The output without what is another at each time and place. */
export function normalized(text: string, { url, folder }: Side): string {
  const user = machineUser();
  return (
    text
      .replaceAll(url, "<url>")
      // Who looks at times may miss that a task runs.
      .replaceAll(/^ *● .*\n/gm, "")
      .replaceAll(folder, "<folder>")
      .replaceAll(/\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(\.\d+)?(Z|\+00:00)?(_[a-z\d]{8})?/g, "<time>")
      .replaceAll(/\b\d\d:\d\d:\d\d\.\d+/g, "<time>")
      .replaceAll(/"?(duration|id)"?: ("[^"]*"|[\d.e-]+)/g, "<$1>")
      .replaceAll(/\b\d+(\.\d+)? (ms|s)\b/g, "<duration>")
      .replaceAll(/\b(in )?\d+ (h|min|d|days?)( \d+ (min|s|h))?( ago)?\b/g, "<duration>")
      .replaceAll(/\b[0-9a-f]{8}(-?[0-9a-f]{4}){3}-?[0-9a-f]{12}\b/g, "<id>")
      .replaceAll(new RegExp(`\\b(ann|${user})\\b`, "g"), "<user>")
      .replaceAll(/[A-Za-z0-9_-]{20,}(\.[A-Za-z0-9_-]+)*/g, "<token>")
      .replaceAll(/ {2,}/g, " ")
  );
}
