#!/usr/bin/env node
// The stepwind command: starts src/cli/main.ts (a checkout) or dist/cli/main.js (an installed
// package) with the Node that runs it, if that is new enough. Plain JavaScript that any Node from
// 18 on can run: one that is too old hands over to the `node` package from npm.
import { spawn } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import module, { createRequire } from "node:module";
import { constants } from "node:os";
import { dirname, join, sep } from "node:path";
import process from "node:process";
import { fileURLToPath, pathToFileURL } from "node:url";

// Node 22 strips types without a flag since 22.18; Node 23 has no node:sqlite that knows
// transactions.
const OLDEST = { 22: 18, 24: 0 };
const NEWEST_KNOWN = 24;
const HANDED_OVER = "STEPWIND_HANDED_OVER";
/**
 * What a built package can do under any Node that it may be installed with: make the project that
 * brings the newer one.
 */
const ANYWHERE = new Set([undefined, "init", "version", "--version", "-V", "--help", "-h"]);
const self = fileURLToPath(import.meta.url);
const root = dirname(dirname(self));
const source = join(root, "src", "cli", "main.ts");
// Node strips no types below node_modules.
const fromSource = !root.includes(`${sep}node_modules${sep}`) && existsSync(source);

if (isNewEnough(process.versions.node) || process.env[HANDED_OVER]) await run();
else if (!fromSource && ANYWHERE.has(process.argv[2])) await runAnyway();
else handOver();

/** "init" reads this: the project that it makes then brings a newer Node. */
async function runAnyway() {
  process.env.STEPWIND_NODE_TOO_OLD = "1";
  await run();
}

async function run() {
  dieWithLauncher();
  silenceExperiments();
  // In a checkout the cache is in its node_modules, where "npm ci" has filled it
  // (scripts/warm-up.js).
  module.enableCompileCache?.(
    fromSource ? join(root, "node_modules", ".cache", "stepwind") : undefined,
  );
  const main = fromSource ? source : join(root, "dist", "cli", "main.js");
  const cli = await import(pathToFileURL(main).href);
  process.exitCode = await cli.main(process.argv.slice(2));
  cli.endProcess?.(process.exitCode);
}

/** Node 22 and the first of Node 24 warn of features that later became stable as they were. */
function silenceExperiments() {
  const emitWarning = process.emitWarning;
  process.emitWarning = (warning, ...rest) => {
    if (/^(SQLite|Type Stripping) is an experimental feature/.test(String(warning))) return;
    Reflect.apply(emitWarning, process, [warning, ...rest]);
  };
}

/**
 * Runs this file again under a newer Node, as if it were this process: same terminal, signals and
 * exit code.
 */
function handOver() {
  const node = newerNode();
  if (node === undefined) return;
  const child = spawn(node, [...process.execArgv, self, ...process.argv.slice(2)], {
    env: { ...process.env, [HANDED_OVER]: "1" },
    stdio: ["inherit", "inherit", "inherit", "ipc"],
  });
  for (const signal of ["SIGTERM", "SIGHUP"]) process.on(signal, () => child.kill(signal));
  // A terminal sends Ctrl-C to the child as well; a second one would mean "stop at once".
  const onTerminal = process.stdin.isTTY || process.stdout.isTTY;
  process.on("SIGINT", () => onTerminal || child.kill("SIGINT"));
  child.on("error", (error) => fail(`stepwind: cannot start ${node}: ${error.message}`));
  child.on("exit", (code, signal) => process.exit(code ?? 128 + constants.signals[signal]));
}

/**
 * If the launcher is killed outright, nothing passes signals on any more, so this process ends too.
 */
function dieWithLauncher() {
  if (process.env[HANDED_OVER] === undefined) return;
  delete process.env[HANDED_OVER];
  process.once("disconnect", () => process.kill(process.pid, "SIGKILL"));
  process.channel?.unref();
}

/**
 * The binary of the `node` package, beside this package or in the current folder; undefined after
 * saying what to install.
 */
function newerNode() {
  for (const from of [self, join(process.cwd(), "package.json")]) {
    let manifest;
    try {
      manifest = createRequire(from).resolve("node/package.json");
    } catch {
      continue;
    }
    if (!isNewEnough(JSON.parse(readFileSync(manifest, "utf8")).version)) continue;
    const binary = join(
      dirname(manifest),
      "bin",
      process.platform === "win32" ? "node.exe" : "node",
    );
    if (existsSync(binary)) return binary;
    fail(
      `stepwind: ${binary} is missing, so the install script of the npm package "node" did not run.`,
      "Allow it and run it again: npm install-scripts approve node && npm rebuild node",
    );
    return undefined;
  }
  fail(
    `stepwind needs ${wanted()}; this is Node ${process.versions.node} (${process.execPath}).`,
    `Add it to this project with: npm install --save-dev node@${NEWEST_KNOWN}`,
    "or install a newer Node: https://nodejs.org",
  );
  return undefined;
}

/** Odd majors between those that are known have no long-term support. */
function isNewEnough(version) {
  const [major, minor] = version.split(".").map(Number);
  return major > NEWEST_KNOWN || minor >= OLDEST[major];
}

/** "Node 24 or newer, or 22.18 or newer of Node 22". */
function wanted() {
  const others = Object.entries(OLDEST)
    .filter(([major]) => Number(major) < NEWEST_KNOWN)
    .map(([major, minor]) => `, or ${major}.${minor} or newer of Node ${major}`);
  return `Node ${NEWEST_KNOWN} or newer${others.join("")}`;
}

function fail(...lines) {
  process.stderr.write(`${lines.join("\n")}\n`);
  process.exitCode = 1;
}
