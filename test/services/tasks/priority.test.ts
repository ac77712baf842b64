// Tasks that are ready together while slots are scarce start by their priority weights.
import { expect, test } from "vitest";
import { dag, task } from "../../reference/documents.ts";
import { byTask, fails, startProduct, succeeds, trigger } from "../virtual-time.ts";

/** The tasks of all tries so far, in the order of their starts. */
function orderOf({ tries }: ReturnType<typeof startProduct>): readonly string[] {
  return tries.map(({ call }) => call.taskId);
}

test("tasks that become ready at the same moment start with the heaviest", async () => {
  const product = startProduct({ threads: 1 });
  product.play(() => succeeds(1));
  const weights = [1, 5, 3].map((weight) => task(`w${weight}`, [], { priorityWeight: weight }));
  await product.publish(dag("d", weights));
  await trigger(product, "d");
  await product.passAll();
  expect(orderOf(product)).toEqual(["w5", "w3", "w1"]);
});

test("a task weighs as much as all that waits for it (weight rule downstream)", async () => {
  const product = startProduct({ threads: 1 });
  product.play(() => succeeds(1));
  const tasks = [
    task("alone", [], { priorityWeight: 2 }),
    task("head"),
    task("middle", ["head"]),
    task("tail", ["middle"]),
  ];
  await product.publish(dag("d", tasks));
  await trigger(product, "d");
  await product.passAll();
  expect(orderOf(product)).toEqual(["head", "alone", "middle", "tail"]);
});

test("tasks below one that ends start by their weights", async () => {
  const product = startProduct({ threads: 1 });
  product.play(() => succeeds(1));
  const tasks = [
    task("first", [], { priorityWeight: 9 }),
    task("heavy", ["first"], { priorityWeight: 7 }),
    task("heavier", ["first"], { priorityWeight: 8 }),
  ];
  await product.publish(dag("d", tasks));
  await trigger(product, "d");
  await product.passAll();
  expect(orderOf(product)).toEqual(["first", "heavier", "heavy"]);
});

test("runs share the slots by weight", async () => {
  const product = startProduct({ threads: 2 });
  product.play(byTask({ light: succeeds(10), heavy: succeeds(10), busy: fails(5) }));
  await product.publish(dag("b", [task("busy", [], { priorityWeight: 50 }), task("busy2")]));
  await product.publish(dag("l", [task("light"), task("light2")]));
  await product.publish(dag("h", [task("heavy", [], { priorityWeight: 10 })]));
  for (const dagId of ["b", "l", "h"]) await trigger(product, dagId);
  await product.passAll();
  const order = orderOf(product);
  expect(order.indexOf("heavy")).toBeLessThan(order.indexOf("light2"));
});
