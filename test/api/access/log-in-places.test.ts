// Guesses of strangers: they make themselves wait, and not the people whose names they use.
import { expect, test } from "vitest";
import { createAccessProduct, PASSWORD } from "./access-product.ts";

async function setUp() {
  const product = await createAccessProduct();
  await product.createUser("ann", ["Viewer"]);
  const attempt = async (address: string | undefined, password: string, username = "ann") => {
    product.state.address = address;
    const body = { username, password };
    return (await product.send("/auth/token", { body })).status;
  };
  return { ...product, attempt };
}

test("others' guesses don't lock a user out of a place that the user has logged in from", async () => {
  const { attempt } = await setUp();
  expect(await attempt("10.0.0.1", PASSWORD)).toBe(201);
  for (let count = 0; count < 5; count += 1) expect(await attempt("6.6.6.6", "guess")).toBe(401);
  expect(await attempt("6.6.6.6", "guess")).toBe(429);
  // Neither from another address of theirs …
  expect(await attempt("7.7.7.7", PASSWORD)).toBe(429);
  // … while the user goes on.
  expect(await attempt("10.0.0.1", PASSWORD)).toBe(201);
  // That has forgiven the stranger nothing.
  expect(await attempt("6.6.6.6", "guess")).toBe(429);
});

test("guesses from a known place are limited as well", async () => {
  const { attempt, state } = await setUp();
  expect(await attempt("10.0.0.1", PASSWORD)).toBe(201);
  for (let count = 0; count < 5; count += 1) expect(await attempt("10.0.0.1", "guess")).toBe(401);
  expect(await attempt("10.0.0.1", PASSWORD)).toBe(429);
  state.now += 30_000;
  expect(await attempt("10.0.0.1", PASSWORD)).toBe(201);
});

test("a place is one of the user who has logged in, and for a month", async () => {
  const { attempt, createUser, state } = await setUp();
  await createUser("bob", ["Viewer"]);
  expect(await attempt("10.0.0.1", PASSWORD)).toBe(201);
  const lockOut = async (username: string) => {
    for (let count = 0; count < 6; count += 1) await attempt("6.6.6.6", "guess", username);
  };
  await lockOut("bob");
  expect(await attempt("10.0.0.1", PASSWORD, "bob")).toBe(429);
  state.now += 31 * 24 * 60 * 60 * 1_000;
  await lockOut("ann");
  expect(await attempt("10.0.0.1", PASSWORD)).toBe(429);
});

test("an unknown name, a wrong password and a user out of use get one answer", async () => {
  const { attempt, createUser, metadata, state } = await setUp();
  await createUser("gone", ["Admin"]);
  const { revision: _, ...user } = (await metadata.users.get("gone")) ?? {};
  await metadata.users.put({ ...user, active: false } as Parameters<typeof metadata.users.put>[0]);
  state.address = "1.1.1.1";
  for (const [username, password] of [
    ["ann", "wrong"],
    ["nobody", PASSWORD],
    ["gone", PASSWORD],
    ["__proto__", PASSWORD],
    ["constructor", PASSWORD],
  ] as const) {
    expect(await attempt("1.1.1.1", password, username), username).toBe(401);
  }
});

test("an unknown name takes as long as a wrong password", async () => {
  const { attempt } = await setUp();
  const times = { ann: [] as number[], nobody: [] as number[] };
  for (let round = 0; round < 4; round += 1) {
    for (const name of ["ann", "nobody"] as const) {
      const from = performance.now();
      await attempt(`1.1.1.${round}`, "wrong", name);
      times[name].push(performance.now() - from);
    }
  }
  const [known, unknown] = [Math.min(...times.ann), Math.min(...times.nobody)];
  // Without the work for nothing, it would be some hundred times as fast.
  expect(unknown).toBeGreaterThan(known / 3);
  expect(known).toBeGreaterThan(unknown / 3);
});
