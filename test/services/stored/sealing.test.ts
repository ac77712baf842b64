// Sealed secrets: what can open them, and what is said when nothing can.
import { expect, test } from "vitest";
import type { EncryptionKeys } from "../../../src/ports/encryption-keys.ts";
import { makeKeyLine, parseKeys } from "../../../src/services/stored/key-text.ts";
import { createMemoryKeys } from "../../../src/services/stored/memory-keys.ts";
import { createSealer, type SealedThing } from "../../../src/services/stored/sealing.ts";

const THING: SealedThing = { kind: "Variable", name: "token", field: "value" };

/** Keys that a test replaces. */
function createKeys(lines: readonly string[]): EncryptionKeys & { lines: readonly string[] } {
  const keys = {
    lines,
    place: "/home/encryption-keys",
    read: async () => parseKeys(keys.lines.join("\n"), keys.place),
    readOrMake: async () => parseKeys(keys.lines.join("\n"), keys.place),
  };
  return keys;
}

test("what was sealed is opened, and is another text each time", async () => {
  const sealer = createSealer(createMemoryKeys());
  for (const text of ["", "s3cret", 'ü "\n\u0000 🔑', "x".repeat(100_000)]) {
    const sealed = await sealer.seal(text, THING);
    expect(sealed).toMatch(/^sw1\.[0-9a-f]{8}\.[\w-]+$/);
    if (text !== "") expect(sealed).not.toContain(text);
    expect(await sealer.open(sealed, THING)).toBe(text);
    expect(await sealer.seal(text, THING)).not.toBe(sealed);
  }
});

test("a sealed text that was moved to another thing or changed can't be opened", async () => {
  const sealer = createSealer(createMemoryKeys());
  const sealed = await sealer.seal("s3cret", THING);
  await expect(sealer.open(sealed, { ...THING, name: "other" })).rejects.toThrow(
    'Variable "other" can\'t be decrypted',
  );
  const password = { kind: "Connection", name: "token", field: "password" } as const;
  await expect(sealer.open(sealed, password)).rejects.toThrow(
    'The password of connection "token" can\'t be decrypted',
  );
  const end = sealed.at(-2) === "A" ? "B" : "A";
  await expect(sealer.open(`${sealed.slice(0, -2)}${end}${sealed.at(-1)}`, THING)).rejects.toThrow(
    "was damaged",
  );
  for (const broken of ["s3cret", "sw1.", `${sealed.slice(0, 13)}`, "sw2.aaaaaaaa.AAAA"]) {
    await expect(sealer.open(broken, THING), broken).rejects.toThrow("can't be decrypted");
  }
});

test("a new key in front encrypts, and the older one goes on decrypting until it is removed", async () => {
  const [older, newer] = [makeKeyLine(), makeKeyLine()];
  const keys = createKeys([older]);
  const sealer = createSealer(keys);
  const before = await sealer.seal("s3cret", THING);
  expect(await sealer.isCurrent(before)).toBe(true);
  keys.lines = ["# newest first", newer, "", older];
  expect(await sealer.isCurrent(before)).toBe(false);
  expect(await sealer.open(before, THING)).toBe("s3cret");
  const after = await sealer.seal("s3cret", THING);
  keys.lines = [newer];
  expect(await sealer.open(after, THING)).toBe("s3cret");
  const [lost] = parseKeys(older, "");
  const [known] = parseKeys(newer, "");
  await expect(sealer.open(before, THING)).rejects.toThrow(
    `Variable "token" can't be decrypted: it was encrypted with key ${lost?.id}, and /home/encryption-keys has ${known?.id}. Put that key back as a line of its own, or set the variable again`,
  );
  keys.lines = [];
  await expect(sealer.open(before, THING)).rejects.toThrow("/home/encryption-keys holds no key");
});

test("a line that is no key is named", () => {
  for (const line of ["x", "c2hvcnQ=", `${makeKeyLine()}!`, makeKeyLine().slice(4)]) {
    expect(() => parseKeys(`# ok\n${line}`, "keys"), line).toThrow(
      "keys, line 2 is not an encryption key",
    );
  }
});
