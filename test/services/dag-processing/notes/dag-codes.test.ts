import { randomBytes } from "node:crypto";
import { expect, test } from "vitest";
import {
  keepDagCode,
  readDagCode,
} from "../../../../src/services/dag-processing/notes/dag-codes.ts";
import { createDagBench } from "../dag-bench.ts";

const textOf = (result: number) => `import { Dag } from "stepwind";
export const dag = new Dag("a");
dag.task("t", async () => ${result})(); // ü
`;

test("each version has the text of its file", async () => {
  const { product, write } = await createDagBench();
  const { metadata } = product.platform;
  for (const result of [1, 2]) await write({ "a.ts": textOf(result) });
  const versions = await metadata.versions.list("a");
  const codes = await Promise.all(versions.map((version) => readDagCode(metadata, version)));
  expect(codes).toEqual([textOf(2), textOf(1)]);
});

test("a text that is too large for a record is left out", async () => {
  const { product } = await createDagBench();
  const { metadata } = product.platform;
  const version = { dagId: "a", hash: "1" };
  const text = randomBytes(300_000).toString("base64");
  await keepDagCode(metadata, { ...version, text });
  expect(await readDagCode(metadata, version)).toBeUndefined();
});
