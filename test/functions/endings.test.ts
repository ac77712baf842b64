// How user code ends whatever it does to its process: its log holds the lines before and the reason,
// and the next task runs.
import { existsSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { expect, test } from "vitest";
import { temporaryFolder } from "../local/temporary-folder.ts";
import { runInFunction as run } from "./run-in-function.ts";

const NEXT = `dag.task("next", async () => 1)();`;
const RAN = { kind: "success", result: "1" };

/** Statements of a task after it has printed a line, and the reason that its log must end with. */
const ENDS: readonly (readonly [what: string, body: string, reason: RegExp])[] = [
  ["process.exit", "process.exit(3);", /exited with code 3 \(process\.exit in user code\?\)$/],
  [
    "a kill of its own process",
    `process.kill(process.pid, "SIGKILL");`,
    /ended by SIGKILL: it was killed, by its own code or .* out of memory \(the worker function has 1024 MB\)$/,
  ],
  [
    "a kill by a child",
    `execSync("kill -9 $PPID"); await new Promise(() => {});`,
    /ended by SIGKILL: /,
  ],
  ["SIGTERM", `process.kill(process.pid, "SIGTERM"); await new Promise(() => {});`, /SIGTERM$/],
  ["process.abort", "process.abort();", /ended by SIGABRT: JavaScript's heap was full .*gave up$/],
  [
    "a late throw",
    `setTimeout(() => { throw new RangeError("too late"); }, 10); await new Promise(() => {});`,
    /an error outside of the task's promise: RangeError: too late$/,
  ],
  [
    "buffers beyond the memory of the function",
    `const all = []; for (;;) { all.push(Buffer.alloc(32e6, 1)); await new Promise((resolve) => setTimeout(resolve, 5)); }`,
    /it ran out of memory: 874 of the 1024 MB that the worker function has are for user code$/,
  ],
];

test.each(ENDS)("%s loses no line and names the reason", async (_, body, reason) => {
  const { outcomes, lines } = await run(
    `import { execSync } from "node:child_process";
dag.task("ends", async () => { console.log("before"); process.stdout.write("part"); ${body} })();
${NEXT}`,
    { taskIds: ["ends", "next"] },
  );
  expect(outcomes).toEqual([{ kind: "died", reason: expect.stringMatching(reason) }, RAN]);
  expect(lines).toContain("task.stdout info before");
  const died = lines.find((line) => line.startsWith("stepwind error The try died: "));
  expect(died).toMatch(reason);
  expect(lines.indexOf("task.stdout info before")).toBeLessThan(lines.indexOf(died ?? ""));
});

/** Ways to go on after the time is over; `tick` writes to a file. */
const GOES_ON: readonly (readonly [what: string, body: string])[] = [
  ["an interval", "setInterval(tick, 20); await new Promise(() => {});"],
  ["an endless loop", "for (;;) tick();"],
  [
    "a task that ignores its signal",
    "for (;;) { tick(); await new Promise((r) => setTimeout(r, 20)); }",
  ],
  [
    "a child",
    `spawn("sh", ["-c", "while true; do echo x >> " + file + "; sleep 0.02; done"]); await new Promise(() => {});`,
  ],
];

test.each(GOES_ON)("%s stops when the try's time is over", async (_, body) => {
  const file = join(temporaryFolder(), "ticks");
  const { outcomes, lines } = await run(
    `import { appendFileSync } from "node:fs";
import { spawn } from "node:child_process";
const file = ${JSON.stringify(file)};
const tick = () => appendFileSync(file, "x");
dag.task("slow", async () => { console.log("before"); ${body} })();
dag.task("next", async () => { await new Promise((resolve) => setTimeout(resolve, 300)); return 1; })();`,
    { taskIds: ["slow", "next"], timeout: 1 },
  );
  const before = statSync(file).size;
  const reason = "timed out after 1 s (executionTimeout)";
  expect(outcomes).toEqual([{ kind: "died", reason, timedOut: true }, RAN]);
  expect(lines).toContain("task.stdout info before");
  expect(lines).toContain(`stepwind error The try died: ${reason}`);
  await wait(200);
  expect(statSync(file).size).toBe(before);
});

/** System calls that come back when something else lets them. */
const BLOCKED: readonly (readonly [what: string, body: string])[] = [
  ["execSync", `execSync("sleep 120");`],
  ["a child without the try's mark", `execSync("env -i sleep 120", { stdio: "ignore" });`],
  ["a pipe that nobody writes to", "readFileSync(pipe);"],
];

test.each(BLOCKED)(
  "a task that is blocked by %s is ended, and the next one runs",
  async (_, body) => {
    const folder = temporaryFolder();
    const { outcomes, lines } = await run(
      `import { execSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
const pipe = ${JSON.stringify(join(folder, "pipe"))};
dag.task("blocked", async () => { execSync("mkfifo " + pipe); console.log("before"); ${body} writeFileSync(${JSON.stringify(join(folder, "after"))}, ""); })();
${NEXT}`,
      { taskIds: ["blocked", "next"], timeout: 1 },
    );
    const reason = "timed out after 1 s (executionTimeout)";
    expect(outcomes).toEqual([{ kind: "died", reason, timedOut: true }, RAN]);
    expect(lines).toContain("task.stdout info before");
    writeFileSync(join(folder, "pipe"), "", { flag: "r+" });
    await wait(200);
    expect(existsSync(join(folder, "after"))).toBe(false);
  },
);

test("what a task left open goes on for a moment, and not beside the next call", async () => {
  const file = join(temporaryFolder(), "ticks");
  const { outcomes } = await run(
    `import { appendFileSync } from "node:fs";
dag.task("leaves", async () => {
  setTimeout(() => appendFileSync(${JSON.stringify(file)}, "late "), 100);
  setInterval(() => appendFileSync(${JSON.stringify(file)}, "x"), 20);
  return 1;
})();
${NEXT}`,
    { taskIds: ["leaves", "next"] },
  );
  expect(outcomes).toEqual([RAN, RAN]);
  const text = readFileSync(file, "utf8");
  expect(text).toContain("late ");
  await wait(200);
  expect(readFileSync(file, "utf8")).toBe(text);
});

test("a log of many lines is whole, though the task prints faster than it can be written", async () => {
  const { outcomes, lines } = await run(
    `dag.task("talk", async () => { for (let i = 0; i < 50_000; i += 1) console.log("line " + i); process.exit(0); })();`,
    { taskIds: ["talk"] },
  );
  expect(outcomes).toMatchObject([{ kind: "died" }]);
  const numbers = lines.flatMap((line) => /^task\.stdout info line (\d+)$/.exec(line)?.[1] ?? []);
  expect(numbers).toEqual(Array.from({ length: 50_000 }, (_, index) => String(index)));
});
