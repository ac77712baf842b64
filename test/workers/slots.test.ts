import { expect, test } from "vitest";
import { createSlots } from "../../src/workers/pool/slots.ts";

test("of those who wait for a slot the highest priority goes first, equal ones in their order", async () => {
  const slots = createSlots(1);
  const order: string[] = [];
  const ask = async (name: string, priority: number) => {
    const release = await slots.take({ priority: () => priority });
    order.push(name);
    release?.();
  };
  const first = await slots.take({ priority: () => 0 });
  const others = [ask("low", 1), ask("high", 5), ask("low too", 1)];
  first?.();
  await Promise.all(others);
  expect(order).toEqual(["high", "low", "low too"]);
});

test("of those who ask together the highest priority has the free slot", async () => {
  const slots = createSlots(2);
  const order: number[] = [];
  const ask = async (priority: number) => {
    const release = await slots.take({ priority: () => priority });
    order.push(priority);
    release?.();
  };
  await Promise.all([1, 5, 3, 4].map(ask));
  expect(order).toEqual([5, 4, 3, 1]);
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
