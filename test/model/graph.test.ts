// The edges of a DAG in both directions.
import { expect, test } from "vitest";
import { graphOf } from "../../src/model/graph.ts";
import { dagDocument, taskDocument } from "./documents.ts";

const diamond = dagDocument({
  tasks: [
    taskDocument("end", { upstream: ["left", "right"] }),
    taskDocument("right", { upstream: ["start"] }),
    taskDocument("left", { upstream: ["start"] }),
    taskDocument("start"),
    taskDocument("alone"),
  ],
});

test("downstream, descendants, leaves and a topological order come from the upstream lists", () => {
  const graph = graphOf(diamond);
  expect(graph.downstream("start")).toEqual(["right", "left"]);
  expect(graph.downstream("unknown")).toEqual([]);
  expect([...graph.descendants("start")].sort()).toEqual(["end", "left", "right"]);
  expect([...graph.descendants("left", "right")]).toEqual(["end"]);
  expect(graph.leaves).toEqual(["end", "alone"]);
  expect(graph.order).toEqual(["start", "alone", "right", "left", "end"]);
  expect(graph.task("left")?.upstream).toEqual(["start"]);
  expect(graphOf(diamond)).toBe(graph);
});

test("a long chain and many edges are no trouble", () => {
  const tasks = Array.from({ length: 20_000 }, (_, index) =>
    taskDocument(`t${index}`, { upstream: index === 0 ? [] : [`t${index - 1}`] }),
  );
  const graph = graphOf(dagDocument({ tasks }));
  expect(graph.descendants("t0").size).toBe(19_999);
  expect(graph.order.at(-1)).toBe("t19999");
});

test("an edge from an unknown task and a cycle are refused", () => {
  const dangling = dagDocument({ tasks: [taskDocument("a", { upstream: ["b"] })] });
  expect(() => graphOf(dangling)).toThrow('Task "a" of DAG "example" follows "b"');
  const cycle = dagDocument({
    tasks: [taskDocument("a", { upstream: ["b"] }), taskDocument("b", { upstream: ["a"] })],
  });
  expect(() => graphOf(cycle)).toThrow('DAG "example" has a cycle');
});
