import { expect, test } from "vitest";
import type { MappedLength } from "../../../src/model/document.ts";
import { literalLength, pathText, toMappedLengths } from "../../../src/model/mapping/lengths.ts";

const KNOWN: Readonly<Record<string, number>> = { "a[]": 3, 'b["rows"]': 5, "empty[]": 0 };
const result = (taskId: string, ...path: string[]) => ({ taskId, path });

function lengthsOf(over: Readonly<Record<string, MappedLength>>) {
  return toMappedLengths({ over }, (taskId, path) => KNOWN[`${taskId}${pathText(path)}`]);
}

test("several lists give every combination", () => {
  expect(lengthsOf({ x: result("a"), y: 2, z: result("b", "rows") })).toEqual({
    length: 30,
    lengths: { x: 3, y: 2, z: 5 },
  });
  expect(lengthsOf({ x: result("a"), y: result("empty") })?.length).toBe(0);
});

test("a zip is as long as its shortest list, or its longest; a concat as all together", () => {
  const parts = [result("a"), result("b", "rows")];
  expect(lengthsOf({ x: { zip: parts, longest: false } })?.length).toBe(3);
  expect(lengthsOf({ x: { zip: parts, longest: true } })?.length).toBe(5);
  expect(lengthsOf({ x: { concat: [...parts, 4] } })?.length).toBe(12);
});

test("nothing is known while one length is missing", () => {
  expect(lengthsOf({ x: 2, y: result("missing") })).toBeUndefined();
  expect(lengthsOf({ x: { concat: [result("a"), result("a", "rows")] } })).toBeUndefined();
});

test("the length of lists that are written down is known before the run", () => {
  expect(literalLength({ over: { x: 2, y: 3 } })).toBe(6);
  expect(literalLength({ over: { x: 2, y: result("a") } })).toBeUndefined();
});
