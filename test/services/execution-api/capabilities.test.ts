// Capabilities: what the product signed is what it reads back, and nothing else passes.
import { expect, test } from "vitest";
import {
  createCapabilities,
  type TryClaims,
} from "../../../src/services/execution-api/capabilities.ts";

const NOW = 1_000_000;
const capabilities = createCapabilities({ key: async () => Buffer.alloc(32, 1), now: () => NOW });
const others = createCapabilities({ key: async () => Buffer.alloc(32, 2), now: () => NOW });

const EXECUTION = { dagId: "d", runId: "r", clearNumber: 0 };
const CLAIMS: TryClaims = {
  ...EXECUTION,
  kind: "try",
  taskId: "t",
  mapIndex: -1,
  tryNumber: 2,
  bundleHash: "abc",
  role: "teamA",
  expiresAt: NOW + 1,
};
const REFUSED = { name: "Stepwind.Refused" };

test("an execution's signature is always the same, and passes for that execution only", async () => {
  const signature = await capabilities.signExecution(EXECUTION);
  expect(await capabilities.signExecution({ ...EXECUTION })).toBe(signature);
  expect(signature).toMatch(/^[\w-]{43}$/);
  await capabilities.checkExecution({ ...EXECUTION, signature });
  for (const other of [{ dagId: "e" }, { runId: "s" }, { clearNumber: 1 }]) {
    const forged = { ...EXECUTION, ...other, signature };
    await expect(capabilities.checkExecution(forged)).rejects.toMatchObject(REFUSED);
  }
});

test("ids that are cut elsewhere have another signature", async () => {
  const signature = await capabilities.signExecution({ ...EXECUTION, dagId: 'd","r' });
  const forged = { ...EXECUTION, runId: 'r","r', signature };
  await expect(capabilities.checkExecution(forged)).rejects.toMatchObject(REFUSED);
});

test.each(["", "x", "A".repeat(43), "é".repeat(43)])(
  "the signature %j is refused",
  async (text) => {
    const forged = { ...EXECUTION, signature: text };
    await expect(capabilities.checkExecution(forged)).rejects.toMatchObject({
      ...REFUSED,
      message: 'A message for run "r" of DAG "d" has no valid signature',
    });
  },
);

test("a capability says what was granted", async () => {
  expect(await capabilities.read(await capabilities.grant(CLAIMS))).toEqual(CLAIMS);
});

test("a capability passes until it expires", async () => {
  const capability = await capabilities.grant({ ...CLAIMS, expiresAt: NOW });
  await expect(capabilities.read(capability)).rejects.toMatchObject({
    ...REFUSED,
    message: 'The capability of task "t" of run "r" of DAG "d" has expired',
  });
});

test("a capability that is changed in any character is refused", async () => {
  const capability = await capabilities.grant(CLAIMS);
  // The last character of a base64url text may hold bits that nobody reads.
  for (let at = 0; at < capability.length - 1; at += 1) {
    const other = capability[at] === "A" ? "B" : "A";
    const forged = capability.slice(0, at) + other + capability.slice(at + 1);
    await expect(capabilities.read(forged)).rejects.toMatchObject(REFUSED);
  }
});

test.each(["", ".", "a.b", "a.b.c"])("the capability %j is refused", async (text) => {
  await expect(capabilities.read(text)).rejects.toMatchObject(REFUSED);
});

test("what another deployment signed is refused", async () => {
  const capability = await others.grant(CLAIMS);
  await expect(capabilities.read(capability)).rejects.toMatchObject(REFUSED);
  const signature = await others.signExecution(EXECUTION);
  const forged = { ...EXECUTION, signature };
  await expect(capabilities.checkExecution(forged)).rejects.toMatchObject(REFUSED);
});

test("the signature of an execution is no signature of a capability", async () => {
  const text = Buffer.from(JSON.stringify(CLAIMS)).toString("base64url");
  const signature = await capabilities.signExecution({ ...EXECUTION, dagId: text });
  await expect(capabilities.read(`${text}.${signature}`)).rejects.toMatchObject(REFUSED);
});
