import fc from "fast-check";
import { expect, test } from "vitest";
import { LineSplitter, MAX_LINE_BYTES } from "../../src/runtime/line-splitter.ts";

function split(chunks: readonly Uint8Array[]): { lines: string[]; last: string } {
  const lines: string[] = [];
  const splitter = new LineSplitter((line) => lines.push(line));
  for (const chunk of chunks) splitter.write(Buffer.from(chunk));
  return { lines, last: splitter.end().read() };
}

test("lines are the same however the bytes are cut into chunks", () => {
  fc.assert(
    fc.property(fc.string({ unit: "grapheme" }), fc.array(fc.nat(40)), (text, cuts) => {
      const bytes = Buffer.from(text);
      const chunks: Buffer[] = [];
      let from = 0;
      for (const length of cuts) {
        chunks.push(bytes.subarray(from, from + length));
        from += length;
      }
      chunks.push(bytes.subarray(from));
      const whole = text.split("\n");
      if (whole.at(-1) === "") whole.pop();
      const expected = whole.map((line) => line.trimEnd());
      expect(split(chunks)).toEqual({ lines: expected, last: expected.at(-1) ?? "" });
    }),
  );
});

test("a line of exactly the limit is whole, one byte more is cut", () => {
  const line = Buffer.alloc(MAX_LINE_BYTES, "x");
  expect(split([line]).lines).toEqual([line.toString()]);
  expect(split([line, Buffer.from("y")])).toEqual({
    lines: [
      `${line.toString()} … [line of ${MAX_LINE_BYTES + 1} bytes cut after ${MAX_LINE_BYTES}]`,
    ],
    last: `${line.toString()}y`,
  });
});

test("memory stays bounded on an endless line", () => {
  const splitter = new LineSplitter(() => undefined);
  const chunk = Buffer.alloc(1024 * 1024, "x");
  const before = process.memoryUsage().arrayBuffers;
  for (let mebibyte = 0; mebibyte < 200; mebibyte += 1) splitter.write(chunk);
  expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(64 * 1024 * 1024);
  expect(() => splitter.end().read()).toThrow(/has 209715200 bytes, over the limit/);
});
