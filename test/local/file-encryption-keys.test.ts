// The encryption keys of one machine: made when they are first needed, for their owner alone.
import { chmodSync, existsSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { createFileEncryptionKeys } from "../../src/local/file-encryption-keys.ts";
import { makeKeyLine } from "../../src/services/stored/key-text.ts";
import { temporaryFolder } from "./temporary-folder.ts";

function setUp() {
  const file = join(temporaryFolder(), "encryption-keys");
  const warnings: string[] = [];
  const report = { warn: (message: string) => void warnings.push(message) };
  return { file, warnings, keys: createFileEncryptionKeys({ file, report }) };
}

test("reading makes no file, and the first need makes one that only its owner may read", async () => {
  const { file, keys, warnings } = setUp();
  expect(await keys.read()).toEqual([]);
  expect(existsSync(file)).toBe(false);
  const [first, second] = await Promise.all([keys.readOrMake(), keys.readOrMake()]);
  expect(first).toHaveLength(1);
  expect(second).toEqual(first);
  expect(await keys.readOrMake()).toEqual(first);
  expect(statSync(file).mode & 0o777).toBe(0o600);
  expect(warnings).toEqual([]);
});

test("a key that an operator puts in front counts at once", async () => {
  const { file, keys } = setUp();
  const before = await keys.readOrMake();
  writeFileSync(file, `${makeKeyLine()}\n${readFileSync(file, "utf8")}`);
  const after = await keys.read();
  expect(after).toHaveLength(2);
  expect(after.slice(1)).toEqual(before);
});

test("a file that others may read is warned of, once", async () => {
  const { file, keys, warnings } = setUp();
  await keys.readOrMake();
  chmodSync(file, 0o644);
  const again = createFileEncryptionKeys({ file, report: { warn: (m) => void warnings.push(m) } });
  await again.read();
  await again.read();
  expect(warnings).toEqual([expect.stringContaining(`chmod 600 ${file}`)]);
});

test("a file that holds something else is refused by its line", async () => {
  const { file, keys } = setUp();
  writeFileSync(file, "hello\n");
  await expect(keys.readOrMake()).rejects.toThrow(`${file}, line 1 is not an encryption key`);
});
