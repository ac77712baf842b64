// The command line itself: help, mistakes in what was typed, a new project.
import { existsSync, readFileSync, realpathSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { temporaryFolder } from "../local/temporary-folder.ts";
import { stepwind } from "./captured-terminal.ts";

test("help names every family of commands, and shows how to start", async () => {
  const { code, out, err } = await stepwind(".", "--help");
  expect(code).toBe(0);
  expect(err).toBe("");
  for (const word of ["init", "standalone", "dags", "tasks", "Examples:", ".stepwind"]) {
    expect(out).toContain(word);
  }
  expect(await stepwind(".")).toEqual({ code, out, err });
});

test("every command of Airflow's that is here has help", async () => {
  const dags = await stepwind(".", "dags", "--help");
  for (const name of ["list", "trigger", "test", "pause", "unpause", "state", "list-runs"]) {
    expect(dags.out).toMatch(new RegExp(`^  ${name} `, "m"));
    expect((await stepwind(".", "dags", name, "--help")).code).toBe(0);
  }
});

test("the version is the package's", async () => {
  const { version } = JSON.parse(readFileSync("package.json", "utf8"));
  expect((await stepwind(".", "version")).out).toBe(`${version}\n`);
  expect((await stepwind(".", "--version")).out).toBe(`${version}\n`);
});

test.each([
  [["nothing"], "unknown command 'nothing'"],
  [["dags", "trigge"], "Did you mean trigger?"],
  [["dags", "trigger"], "missing required argument 'dag_id'"],
  [["dags", "trigger", "x", "--conf", "[1]"], "It must be a JSON object"],
  [["dags", "trigger", "x", "-l", "soon"], "It must be an ISO date"],
  [["dags", "list", "-o", "xml"], "Allowed choices are table, json, yaml, plain"],
  [["dags", "list-runs", "--state", "lost"], "Allowed choices are queued"],
  [["standalone", "--port", "99999"], "A port is a number from 0 to 65535"],
  [["tasks", "logs", "a", "b", "c", "0"], "A try is a number from 1"],
])("%j is refused with exit code 2", async (argv, message) => {
  const { code, out, err } = await stepwind(".", ...argv);
  expect(err).toContain(message);
  expect([code, out]).toEqual([2, ""]);
});

test("without a DAG folder, commands say how to make one", async () => {
  const folder = temporaryFolder();
  for (const argv of [["dags", "list"], ["standalone"], ["dags", "test", "hello_world"]]) {
    const { code, err } = await stepwind(folder, ...argv);
    expect(err).toContain('There is no DAG folder "dags" here');
    expect(err).toContain("stepwind init");
    expect(code).toBe(1);
  }
  expect(existsSync(join(folder, ".stepwind"))).toBe(false);
});

test("init makes a project and tells what comes next", async () => {
  const folder = temporaryFolder();
  const { code, out } = await stepwind(folder, "init", "My Project");
  expect(code).toBe(0);
  expect(out).toContain("+ My Project/dags/hello_world.ts\n");
  expect(out).toContain("npx stepwind standalone");
  const manifest = JSON.parse(readFileSync(join(folder, "My Project/package.json"), "utf8"));
  expect(manifest).toMatchObject({ name: "my-project", type: "module" });
  const checkout = join(folder, "My Project", manifest.dependencies.stepwind.replace("file:", ""));
  expect(realpathSync(checkout)).toBe(process.cwd());
  expect(manifest.devDependencies).not.toHaveProperty("node");
});

test("init writes over nothing, and writes nothing beside it", async () => {
  const folder = temporaryFolder();
  writeFileSync(join(folder, "tsconfig.json"), "{}");
  const { code, out, err } = await stepwind(folder, "init");
  expect([code, out]).toEqual([1, ""]);
  expect(err).toContain("already has tsconfig.json");
  expect(existsSync(join(folder, "package.json"))).toBe(false);
  expect(readFileSync(join(folder, "tsconfig.json"), "utf8")).toBe("{}");
});
