import { expect, test } from "vitest";
import { createTaskBench } from "./task-bench.ts";

test("a thread that runs out of memory fails its try only", async () => {
  const { run } = await createTaskBench(
    `
    task("hog", () => { const all: unknown[] = []; for (;;) all.push(new Array(1000).fill({ x: Math.random() })); });
    task("other", () => new Promise((done) => setTimeout(done, 300)).then(() => "fine"));
  `,
    { memoryLimitMb: 64 },
  );
  const [hog, other] = await Promise.all([run("hog"), run("other")]);
  expect(hog).toEqual({
    kind: "died",
    reason: "the worker thread ran out of memory (limit 64 MB)",
  });
  expect(other).toEqual({ kind: "success", result: '"fine"' });
});

test("memory taken in one great step doesn't take the process along", async () => {
  const { run } = await createTaskBench(
    `task("step", async () => {
      const all: unknown[] = [];
      for (;;) { all.push(new Array(30_000_000).fill(1)); await new Promise((done) => setTimeout(done, 50)); }
    });`,
    { memoryLimitMb: 64 },
  );
  expect(await run("step")).toEqual({
    kind: "died",
    reason: "the worker thread ran out of memory (limit 64 MB)",
  });
});

test("buffers count as memory of the thread, though they lie outside of its heap", async () => {
  const { run } = await createTaskBench(
    `
    task("hog", async () => {
      const all: Buffer[] = [];
      for (;;) { all.push(Buffer.alloc(10 * 1024 * 1024, 1)); await new Promise((done) => setTimeout(done, 20)); }
    });
    task("other", () => new Promise((done) => setTimeout(done, 300)).then(() => "fine"));
  `,
    { memoryLimitMb: 100 },
  );
  const [hog, other] = await Promise.all([run("hog"), run("other")]);
  expect(hog).toEqual({
    kind: "died",
    reason: "the worker thread ran out of memory (limit 100 MB)",
  });
  expect(other).toEqual({ kind: "success", result: '"fine"' });
});
