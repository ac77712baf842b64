// bin/stepwind.js, in a made-up checkout whose main() says what it was given.
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import {
  cpSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { text } from "node:stream/consumers";
import { afterEach, beforeEach, describe, expect, test } from "vitest";

const LAUNCHER = join(import.meta.dirname, "../bin/stepwind.js");
const MAIN = `
export async function main(argv) {
  process.on("SIGTERM", () => process.exit(15));
  console.log(JSON.stringify({ argv, pid: process.pid, from: import.meta.url }));
  if (argv[0] === "wait") await new Promise((resolve) => setTimeout(resolve, 60_000));
  return Number(argv[0]);
}`;

let root: string;
const started: ChildProcess[] = [];

function put(path: string, content: string): void {
  mkdirSync(dirname(join(root, path)), { recursive: true });
  writeFileSync(join(root, path), content);
}

/** Lays out a launcher that finds the running Node too old, as Node 20 would be. */
function requireNewerNode(): void {
  const launcher = readFileSync(LAUNCHER, "utf8")
    .replace("OLDEST = { 22: 18, 24: 0 }", "OLDEST = { 99: 0 }")
    .replace("NEWEST_KNOWN = 24", "NEWEST_KNOWN = 99");
  put("bin/stepwind.js", launcher);
}

/** Lays out the npm package "node" of that version, whose binary is the Node of this test. */
function installNode(version: string): void {
  put("node_modules/node/package.json", JSON.stringify({ name: "node", version }));
  mkdirSync(join(root, "node_modules/node/bin"));
  symlinkSync(process.execPath, join(root, "node_modules/node/bin/node"));
}

function launch(...args: readonly string[]): ChildProcess {
  const child = spawn(process.execPath, [join(root, "bin/stepwind.js"), ...args], { cwd: root });
  started.push(child);
  return child;
}

async function finish(child: ChildProcess): Promise<{ code: number; out: string; err: string }> {
  const { stdout, stderr } = child;
  if (stdout === null || stderr === null) throw new Error("the launcher was started without pipes");
  const [out, err, [code]] = await Promise.all([text(stdout), text(stderr), once(child, "close")]);
  return { code, out, err };
}

/** Resolves when main() has printed its line, and so waits. */
async function waiting(child: ChildProcess): Promise<void> {
  if (child.stdout === null) throw new Error("the launcher was started without pipes");
  await once(child.stdout, "data");
}

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), "stepwind-launcher-"));
  put("package.json", '{ "type": "module" }');
  put("src/cli/main.ts", MAIN);
  mkdirSync(join(root, "bin"));
  cpSync(LAUNCHER, join(root, "bin/stepwind.js"));
});

afterEach(() => {
  for (const child of started.splice(0)) child.kill("SIGKILL");
  rmSync(root, { recursive: true, force: true });
});

test("a checkout runs from source, with the arguments and the exit code of main()", async () => {
  const { code, out, err } = await finish(launch("7", "--flag"));
  expect(err).toBe("");
  expect(JSON.parse(out)).toMatchObject({ argv: ["7", "--flag"] });
  expect(out).toContain("src/cli/main.ts");
  expect(code).toBe(7);
});

test.each([
  ["20.20.2", false],
  ["22.17.1", false],
  ["22.18.0", true],
  ["22.23.3", true],
  ["23.11.1", false],
  ["24.0.0", true],
  ["25.2.0", true],
  ["26.10.0", true],
])("Node %s is new enough: %s", async (version, isNewEnough) => {
  const launcher = readFileSync(LAUNCHER, "utf8");
  put("bin/stepwind.js", launcher.replaceAll("process.versions.node", JSON.stringify(version)));
  const { out, err } = await finish(launch("0"));
  expect(out !== "").toBe(isNewEnough);
  expect(err.includes("needs Node 24 or newer, or 22.18 or newer of Node 22")).toBe(!isNewEnough);
});

test("a package without source runs its built JavaScript", async () => {
  rmSync(join(root, "src"), { recursive: true });
  put("dist/cli/main.js", MAIN);
  const { code, out } = await finish(launch("0"));
  expect(out).toContain("dist/cli/main.js");
  expect(code).toBe(0);
});

describe("under a Node that is too old", () => {
  beforeEach(requireNewerNode);

  test("it says what to install, and which Node it is", async () => {
    const { code, out, err } = await finish(launch("0"));
    expect(err).toContain("npm install --save-dev node@");
    expect(err).toContain(`needs Node 99 or newer; this is Node ${process.versions.node}`);
    expect(out).toBe("");
    expect(code).toBe(1);
  });

  test("a built package makes a project all the same, which then brings a newer Node", async () => {
    rmSync(join(root, "src"), { recursive: true });
    put("dist/cli/main.js", MAIN);
    const { out } = await finish(launch("init", "pipelines"));
    expect(JSON.parse(out)).toMatchObject({ argv: ["init", "pipelines"] });
    expect((await finish(launch("standalone"))).err).toContain("npm install --save-dev node@");
  });

  test("an npm package node that is too old as well does not help", async () => {
    installNode("22.1.0");
    expect((await finish(launch("0"))).code).toBe(1);
  });

  test("it names an npm package node whose install script did not run", async () => {
    put("node_modules/node/package.json", '{ "name": "node", "version": "99.0.0" }');
    const { code, err } = await finish(launch("0"));
    expect(err).toContain("npm install-scripts approve node");
    expect(code).toBe(1);
  });

  test("it hands arguments and exit code over to the npm package node", async () => {
    installNode("99.0.0");
    const launcher = launch("5", "--flag");
    const { code, out, err } = await finish(launcher);
    expect(err).toBe("");
    expect(JSON.parse(out)).toMatchObject({ argv: ["5", "--flag"] });
    expect(JSON.parse(out).pid).not.toBe(launcher.pid);
    expect(code).toBe(5);
  });

  test("a signal reaches the process that it handed over to", async () => {
    installNode("99.0.0");
    const launcher = launch("wait");
    await waiting(launcher);
    launcher.kill("SIGTERM");
    expect(await once(launcher, "exit")).toEqual([15, null]);
  });

  test("killing the launcher outright ends the process that it handed over to", async () => {
    installNode("99.0.0");
    const launcher = launch("wait");
    await waiting(launcher);
    launcher.kill("SIGKILL");
    // Both hold the pipes, so they close when both have ended; main() alone would wait for a
    // minute.
    expect(await once(launcher, "close")).toEqual([null, "SIGKILL"]);
  });
});
