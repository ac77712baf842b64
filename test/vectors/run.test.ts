// The command that runs files of vectors leaves no case out, whatever else the file holds.
import { execFile } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";

function runFile(cases: unknown): Promise<{ readonly code: number; readonly lines: string[] }> {
  const folder = mkdtempSync(join(tmpdir(), "stepwind-vectors-"));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const file = join(folder, "cases.json");
  writeFileSync(file, JSON.stringify(cases));
  const script = join(import.meta.dirname, "run.ts");
  const args = ["--conditions=stepwind-source", script, file];
  return new Promise((resolve) => {
    execFile(process.execPath, args, (error, stdout) => {
      const lines = stdout.replaceAll(`${file}: `, "").trim().split("\n");
      resolve({ code: error ? 1 : 0, lines });
    });
  });
}

const task = (id: string, upstream: readonly string[] = [], more = {}) => ({
  ...{ id, upstream, rule: "all_success", do: "ok" },
  ...more,
});
const run = (name: string, tasks: readonly object[], states: object, more = {}) => ({
  ...{ dag_id: name, tasks, states, run_state: "success", order_dependent: false },
  ...more,
});

/** "c" is skipped or upstream_failed, whichever of the tasks above it ends first. */
const EITHER = [
  task("a", [], { do: "fail" }),
  task("b", [], { do: "skip" }),
  task("c", ["a", "b"]),
];

test("runs with keys that nobody knows run, and each case counts", {
  timeout: 30_000,
}, async () => {
  const { code, lines } = await runFile([
    run("plain", [task("a", [], { pool: "x" })], { a: "success" }, { rule: "none", note: 1 }),
    run("wrong", [task("a")], { a: "failed" }),
    run("odd", [task("a", ["a"])], { a: "success" }),
    { rule: "all_done", upstream: ["success"], set_state: null, met: true, comment: "" },
    { nothing: "known" },
    7,
  ]);
  expect(code).toBe(1);
  expect(lines.at(-1)).toBe("2 passed, 4 failed");
  expect(lines.slice(0, -1)).toEqual([
    "wrong: a is success, Airflow: failed",
    expect.stringMatching(/^odd: .* wait for each other in a circle/),
    "a case of an unknown form",
    "a case of an unknown form",
  ]);
});

test("a case that depends on the order is named when it ends as in the other one", {
  timeout: 30_000,
}, async () => {
  const end = (c: string, more = {}) =>
    run("either", EITHER, { a: "failed", b: "skipped", c }, { run_state: "failed", ...more });
  const both = [end("upstream_failed"), end("skipped", { run_state: "success" })];
  const marked = both.map((each) => ({ ...each, order_dependent: true }));
  const { code, lines } = await runFile(marked);
  expect(code).toBe(0);
  expect(lines.at(-1)).toBe("2 passed, 0 failed");
  expect(lines[0]).toBe("1 ended as in another legal order:");
  expect(lines[1]).toMatch(/^ {2}either: c is /);
  expect((await runFile(both)).lines.at(-1)).toBe("1 passed, 1 failed");
});
