import { expect, test } from "vitest";
import { createSlots } from "../../../src/local/threads/slots.ts";

test("of those who wait for a slot the highest priority goes first, equal ones in their order", async () => {
  const slots = createSlots(1);
  const order: string[] = [];
  const ask = async (name: string, priority: number) => {
    const release = await slots.take({ priority: () => priority });
    order.push(name);
    release?.();
  };
  await Promise.all([ask("first", 0), ask("low", 1), ask("high", 5), ask("low too", 1)]);
  expect(order).toEqual(["first", "high", "low", "low too"]);
});

test("the priority is asked only of those who must wait", async () => {
  const slots = createSlots(1);
  const release = await slots.take({
    priority: () => {
      throw new Error("nobody waits");
    },
  });
  expect(release).toBeDefined();
});
