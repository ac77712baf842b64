// The steps of README.md for a project of one's own, as a newcomer types them: in an empty folder,
// with a real "npm install".
import { spawn, spawnSync } from "node:child_process";
import { existsSync, lstatSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";

const ROOT = join(import.meta.dirname, "..");
const SECTION = /## A project of your own\n+```sh\n([\s\S]*?)```/;

let folder: string;
let project: string;

/** A shell of the person's own: without what npm set for the process that runs the tests. */
const env = Object.fromEntries(
  Object.entries({ ...process.env, npm_config_prefer_offline: "true" }).filter(
    ([name]) => !/^npm_(?!config_(cache|registry|userconfig|prefer_offline))|^NODE_/i.test(name),
  ),
);

/** The commands of README.md, one a line, with the folder of the project put in. */
function readmeCommands(): readonly string[] {
  const [, block = ""] = SECTION.exec(readFileSync(join(ROOT, "README.md"), "utf8")) ?? [];
  return block
    .split("\n")
    .map((line) => line.replace(/ +#.*/, "").replaceAll("../pipelines", project))
    .filter((line) => line !== "");
}

function run(command: string, cwd: string): { status: number | null; output: string } {
  const { status, stdout, stderr } = spawnSync(command, {
    cwd,
    env,
    shell: true,
    encoding: "utf8",
  });
  return { status, output: stdout + stderr };
}

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "stepwind-own-project-"));
  project = join(folder, "pipelines");
});

afterAll(() => rmSync(folder, { recursive: true, force: true }), 60_000);

test("README's steps make a project that installs, and a server that runs its DAG", {
  timeout: 120_000,
}, async () => {
  const [init = "", install = "", start = "", ...more] = readmeCommands();
  expect(more).toEqual([]);
  const made = run(init, ROOT);
  expect(made.output).toContain("dags/hello_world.ts");
  expect(made.status).toBe(0);
  expect(install).toBe("npm install");
  const installed = run(install, project);
  expect(installed.output).not.toMatch(/npm (warn|error)/);
  expect(installed.status).toBe(0);

  const server = spawn(`${start} --port 0`, { cwd: project, env, shell: true, detached: true });
  const url = await new Promise<string>((resolve, reject) => {
    let output = "";
    const listen = (text: Buffer) => {
      output += text;
      const [, address] = /on (http:\S+)[\s\S]*hello_world/.exec(output) ?? [];
      if (address !== undefined) resolve(address);
    };
    server.stdout.on("data", listen);
    server.stderr.on("data", listen);
    server.once("exit", (code) => reject(new Error(`The server ended with ${code}:\n${output}`)));
  });
  const answer = await fetch(`${url}/api/v2/dags/hello_world`);
  expect(await answer.json()).toMatchObject({ has_import_errors: false, is_paused: false });
  const gone = new Promise((resolve) => server.once("exit", resolve));
  // npx and the shell around it pass signals on late or not at all.
  process.kill(-(server.pid ?? 0), "SIGTERM");
  await gone;
});

test("the project type-checks, its test runs, and it brings neither Node nor a copy of Stepwind", {
  timeout: 60_000,
}, () => {
  expect(run("npm run check", project)).toMatchObject({ status: 0 });
  const tested = run("npm test", project);
  expect(tested.output).toContain("hello_world success");
  expect(tested.status).toBe(0);
  expect(existsSync(join(project, "node_modules/node"))).toBe(false);
  expect(lstatSync(join(project, "node_modules/stepwind")).isSymbolicLink()).toBe(true);
});
