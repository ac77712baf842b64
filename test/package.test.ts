// Packs the project as `npm pack` would publish it, lays it out as installed in another folder, and
// uses it there.
import { execFileSync, spawnSync } from "node:child_process";
import {
  cpSync,
  existsSync,
  globSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";

const ROOT = join(import.meta.dirname, "..");
const COMMAND = "node_modules/stepwind/bin/stepwind.js";
const DAG = `
import { chain, Dag } from "stepwind";
import { bash } from "stepwind/operators";

export const dag = new Dag("packed", { schedule: "@daily", startDate: "2026-01-01" });
const hello = dag.task("hello", bash({ bashCommand: "echo Hello" }))();
const count = dag.task("count", async ({ text }: { text: string }) => text.length);
chain(hello, count({ text: "four" }));
`;

let folder: string;
/** A user's project with the packed package in its node_modules. */
let app: string;
let installed: string;

/** A copy of what the package is built from, so that building it leaves the checkout alone. */
function copySources(): string {
  const copy = join(folder, "checkout");
  const parts = [
    "package.json",
    "LICENSE",
    "README.md",
    "bin",
    "src",
    "functions",
    "infra",
    "scripts",
  ];
  for (const part of [...parts, "tsconfig.json", "tsconfig.build.json", "tsconfig.cdk.json"]) {
    if (existsSync(join(ROOT, part)))
      cpSync(join(ROOT, part), join(copy, part), { recursive: true });
  }
  symlinkSync(join(ROOT, "node_modules"), join(copy, "node_modules"), "junction");
  return copy;
}

/** Makes a package of the checkout's node_modules visible to the app. */
function link(name: string): void {
  const target = join(app, "node_modules", name);
  mkdirSync(dirname(target), { recursive: true });
  symlinkSync(join(ROOT, "node_modules", name), target, "junction");
}

function filesOf(pattern: string): readonly string[] {
  return globSync(pattern, { cwd: installed });
}

function textOf(file: string): string {
  return readFileSync(join(installed, file), "utf8");
}

function runInApp(...args: readonly string[]): { status: number | null; output: string } {
  const { status, stdout, stderr } = spawnSync(process.execPath, args, {
    cwd: app,
    encoding: "utf8",
  });
  return { status, output: stdout + stderr };
}

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "stepwind-package-"));
  app = join(folder, "app");
  installed = join(app, "node_modules", "stepwind");
  mkdirSync(join(app, "dags"), { recursive: true });
  mkdirSync(installed, { recursive: true });

  execFileSync("npm", ["pack", "--silent", "--pack-destination", folder], {
    cwd: copySources(),
    env: { ...process.env, npm_config_update_notifier: "false" },
    stdio: ["ignore", "ignore", "pipe"],
    shell: process.platform === "win32",
  });
  const [tarball = ""] = globSync("*.tgz", { cwd: folder });
  execFileSync("tar", ["-xzf", join(folder, tarball), "-C", installed, "--strip-components=1"]);

  // Only what the package declares: a dependency that it forgot is not found.
  const manifest = JSON.parse(textOf("package.json")) as { dependencies: Record<string, string> };
  for (const name of [...Object.keys(manifest.dependencies), "@types/node"]) link(name);
  writeFileSync(join(app, "package.json"), JSON.stringify({ name: "app", type: "module" }));
  writeFileSync(join(app, "dags", "packed.ts"), DAG);
}, 180_000);

afterAll(() => rmSync(folder, { recursive: true, force: true }), 60_000);

test("the package holds JavaScript, declarations and maps, and no TypeScript to run", () => {
  expect(filesOf("**/*.ts").filter((file) => !file.endsWith(".d.ts"))).toEqual([]);
  expect(filesOf("{src,test,dags,scripts}")).toEqual([]);
  expect(filesOf("dist/**/*.js").length).toBeGreaterThan(10);
  expect(filesOf("LICENSE")).toEqual(["LICENSE"]);
});

test("no declaration imports a TypeScript file, and no thread is started from one", () => {
  const imported = /^(?!\s*\*).*(?:from |import\()"[^"]*\.ts"/m;
  const started = /new URL\(\s*["'`][^"'`]*\.ts["'`]/;
  expect(filesOf("dist/**/*.d.ts").filter((file) => imported.test(textOf(file)))).toEqual([]);
  expect(filesOf("dist/**/*.js").filter((file) => started.test(textOf(file)))).toEqual([]);
});

test("source maps carry their sources", () => {
  const map = JSON.parse(textOf("dist/sdk/index.js.map")) as { sourcesContent?: string[] };
  expect(map.sourcesContent?.[0]).toBe(readFileSync(join(ROOT, "src/sdk/index.ts"), "utf8"));
});

test("a DAG type-checks against the declarations, and a wrong one does not", () => {
  const tsc = join(ROOT, "node_modules/typescript/bin/tsc");
  const options = ["--noEmit", "--strict", "--module", "nodenext", "--target", "es2024"];
  const check = (file: string) => runInApp(tsc, ...options, "--types", "node", file);
  writeFileSync(join(app, "dags", "wrong.ts"), DAG.replace('"four"', "4"));
  expect(check("dags/packed.ts")).toEqual({ status: 0, output: "" });
  expect(check("dags/wrong.ts").output).toContain("is not assignable to type");
});

test("a DAG runs against the built SDK", () => {
  const script = 'import { dag } from "./dags/packed.ts"; console.log(dag.dagId);';
  expect(runInApp("--input-type=module", "--eval", script)).toEqual({
    status: 0,
    output: "packed\n",
  });
});

test("the command starts from the built package", () => {
  const { status, output } = runInApp(COMMAND, "--help");
  expect(output).toContain("standalone");
  expect(status).toBe(0);
});

test("the command runs a DAG with worker threads of the built package", () => {
  const { status, output } = runInApp(COMMAND, "dags", "test", "dags/packed.ts");
  expect(output).toContain("Hello");
  expect(status).toBe(0);
});

test("a CDK app deploys the packed code with the construct", () => {
  for (const name of ["aws-cdk-lib", "constructs"]) link(name);
  const script = `
    import { App, Stack } from "aws-cdk-lib";
    import { Stepwind } from "stepwind/cdk";
    const app = new App();
    new Stepwind(new Stack(app, "Orders"), "Dags");
    const { Resources } = app.synth().getStackByName("Orders").template;
    const functions = Object.values(Resources).filter(({ Type }) => Type === "AWS::Lambda::Function");
    console.log(functions.map(({ Properties }) => Properties.FunctionName).sort().join(" "));
  `;
  expect(runInApp("--input-type=module", "--eval", script)).toEqual({
    status: 0,
    output:
      "Orders-api-server Orders-dag-loader Orders-dag-processor Orders-execution-api " +
      "Orders-notifier Orders-recorder Orders-scheduler Orders-task Orders-triggerer Orders-worker\n",
  });
});

test("the lock file names no registry", () => {
  expect(readFileSync(join(ROOT, "package-lock.json"), "utf8")).not.toContain('"resolved"');
});
