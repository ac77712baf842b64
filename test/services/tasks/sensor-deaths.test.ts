// Sensors over the death of the engine: in front of a poke, over its moment, and in the middle of
// it.
import { expect, test } from "vitest";
import type { TaskDocument } from "../../../src/model/document.ts";
import { dag, task } from "../../reference/documents.ts";
import type { VirtualProduct } from "../../reference/virtual-product.ts";
import { after as at, startProduct, startsOf, succeeds, trigger } from "../virtual-time.ts";
import { getSensor, notYet, pokes, sensor } from "./sensor-scripts.ts";

async function start(product: VirtualProduct, tasks: readonly TaskDocument[]): Promise<void> {
  await product.publish(dag("d", tasks));
  await trigger(product, "d", { runId: "r" });
}

test.each([
  ["before the moment of a poke leaves it there", 30, 10, [0, 61, 122]],
  ["over the moment of a poke leaves it to the start", 30, 1_000, [0, 1_030, 1_091]],
])("a death %s", async (_, moment, downFor, starts) => {
  const product = startProduct();
  product.play(pokes(notYet(), notYet(), succeeds(1)));
  await start(product, [sensor(), task("t", ["s"])]);
  await product.passTo(at(moment));
  await product.die({ downFor });
  await product.passAll();
  expect(startsOf(product, "s")).toEqual(starts);
  expect(await getSensor(product)).toMatchObject({ state: "success", tryNumber: 1, maxTries: 0 });
  expect((await product.getRun("d", "r")).state).toBe("success");
});

test("a death during a poke repeats the poke, costs no retry, and keeps the timeout", async () => {
  const product = startProduct();
  product.play(pokes(notYet(10), notYet(10), notYet(10), notYet(10)));
  await start(product, [sensor({ timeout: 100 })]);
  await product.passTo(at(75));
  await product.die({ downFor: 5 });
  await product.passAll();
  expect(startsOf(product, "s")).toEqual([0, 70, 80, 150]);
  expect(await getSensor(product)).toMatchObject({ state: "failed", maxTries: 1 });
});
