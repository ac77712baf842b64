// Map states: items, selectors, concurrency, failure.
import { expect, test } from "vitest";
import type { MapState } from "../../../src/model/asl.ts";
import { failure, machine, task } from "../definitions.ts";
import { VirtualHost } from "../virtual-host.ts";

const Payload = { "in.$": "$" };
const ItemProcessor = { ...machine({ a: task("work", { Payload }) }) };

function map(fields: Partial<MapState> = {}) {
  return machine({ m: { Type: "Map", ItemProcessor, End: true, ...fields } as MapState });
}

const echo = () => new VirtualHost({ work: ({ payload }) => payload.in });
const payloads = (host: VirtualHost) => host.calls.map(({ payload }) => payload.in);

test("processes each item of its input, and the outputs come in the items' order", async () => {
  const host = echo();
  const result = await host.run(map(), ["x", "y"]);
  expect(result).toMatchObject({ output: [{ Payload: "x" }, { Payload: "y" }] });
});

test("finds its items by ItemsPath", async () => {
  const host = echo();
  await host.run(map({ ItemsPath: "$.files.new" }), { files: { new: [1, 2] } });
  expect(payloads(host)).toEqual([1, 2]);
});

test("hands to each item what ItemSelector makes of the state's input, the item and its index", async () => {
  const host = echo();
  const ItemSelector = {
    "runId.$": "$.runId",
    "index.$": "$$.Map.Item.Index",
    "item.$": "$$.Map.Item.Value",
    "name.$": "$$.Map.Item.Value.name",
  };
  const items = [{ name: "a" }, { name: "b" }];
  await host.run(map({ ItemsPath: "$.items", ItemSelector }), { runId: "r", items });
  expect(payloads(host)).toEqual([
    { runId: "r", index: 0, item: { name: "a" }, name: "a" },
    { runId: "r", index: 1, item: { name: "b" }, name: "b" },
  ]);
});

test("states within know their item, in a Map within a Map the inner one", async () => {
  const host = echo();
  const inner = machine({
    a: task("work", { Payload: { "in.$": "$$.Map.Item.Value" } }),
  });
  await host.run(
    machine({
      m: {
        Type: "Map",
        ItemProcessor: machine({ n: { Type: "Map", ItemProcessor: inner, End: true } }),
        End: true,
      },
    }),
    [["p", "q"], ["r"]],
  );
  expect(payloads(host).sort()).toEqual(["p", "q", "r"]);
});

test("of an empty list gives an empty list and starts nothing", async () => {
  const host = echo();
  expect(await host.run(map(), [])).toEqual({ status: "SUCCEEDED", output: [] });
  expect(host.calls).toHaveLength(0);
});

test("without MaxConcurrency, or with 0, runs all items at once", async () => {
  for (const fields of [{}, { MaxConcurrency: 0 }]) {
    const host = new VirtualHost({ work: () => new Promise(() => {}) });
    host.start(
      map(fields),
      Array.from({ length: 100 }, (_, index) => index),
    );
    await host.settle();
    expect(host.calls).toHaveLength(100);
  }
});

test("runs no more than MaxConcurrency items at once, and starts the next when one ends", async () => {
  const running = new Map<unknown, () => void>();
  let most = 0;
  const host = new VirtualHost({
    work: ({ payload }) =>
      new Promise<unknown>((resolve) => {
        running.set(payload.in, () => {
          running.delete(payload.in);
          resolve(payload.in);
        });
        most = Math.max(most, running.size);
      }),
  });
  const execution = host.start(map({ MaxConcurrency: 2 }), ["a", "b", "c", "d"]);
  await host.settle();
  expect([...running.keys()]).toEqual(["a", "b"]);
  running.get("b")?.();
  await host.settle();
  expect([...running.keys()]).toEqual(["a", "c"]);
  running.get("a")?.();
  running.get("c")?.();
  await host.settle();
  running.get("d")?.();
  expect(await host.finish(execution)).toMatchObject({
    output: [{ Payload: "a" }, { Payload: "b" }, { Payload: "c" }, { Payload: "d" }],
  });
  expect(most).toBe(2);
});

test("an item that fails fails the state, aborts the others and starts no more", async () => {
  const host = new VirtualHost({
    work: ({ payload }) =>
      payload.in === "bad" ? Promise.reject(failure("Bad")) : new Promise(() => {}),
  });
  const result = await host.run(map({ MaxConcurrency: 2 }), ["good", "bad", "more"]);
  expect(result).toMatchObject({ status: "FAILED", error: "Bad" });
  expect(payloads(host)).toEqual(["good", "bad"]);
  expect(host.calls[0]?.signal.aborted).toBe(true);
});

test("starts nothing when the selector of any item reads a path that isn't there", async () => {
  const host = echo();
  const ItemSelector = { "name.$": "$$.Map.Item.Value.name" };
  const result = await host.run(map({ ItemSelector }), [{ name: "a" }, {}]);
  expect(result).toMatchObject({ error: "States.ParameterPathFailure" });
  expect(host.calls).toHaveLength(0);
});
