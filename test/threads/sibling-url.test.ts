// siblingUrl names worker thread entries in a checkout and in the built package.
import { expect, test } from "vitest";
import { siblingUrl } from "../../src/threads/sibling-url.ts";

test("a TypeScript caller gets the TypeScript file beside it", () => {
  expect(siblingUrl("file:///app/src/local/pool.ts", "task-thread").href).toBe(
    "file:///app/src/local/task-thread.ts",
  );
});

test("a built caller gets the JavaScript file beside it", () => {
  expect(siblingUrl("file:///app/dist/local/pool.js", "task-thread").href).toBe(
    "file:///app/dist/local/task-thread.js",
  );
});
