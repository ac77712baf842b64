// siblingUrl names worker thread entries in a checkout and in the built package.
import { expect, test } from "vitest";
import { siblingUrl } from "../../src/workers/sibling-url.ts";

test("a TypeScript caller gets the TypeScript file beside it", () => {
  expect(siblingUrl("file:///app/src/local/pool.ts", "task-thread").href).toBe(
    "file:///app/src/local/task-thread.ts",
  );
});

test("a bundled caller gets the bundled file beside it", () => {
  expect(siblingUrl("file:///var/task/chunk-2RG352NM.mjs", "task-process").href).toBe(
    "file:///var/task/task-process.mjs",
  );
});

test("a built caller gets the JavaScript file beside it", () => {
  expect(siblingUrl("file:///app/dist/local/pool.js", "task-thread").href).toBe(
    "file:///app/dist/local/task-thread.js",
  );
});
