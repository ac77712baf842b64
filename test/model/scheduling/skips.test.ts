// What branches and short circuits skip.
import { expect, test } from "vitest";
import type { Decision } from "../../../src/model/document.ts";
import { decideSkips } from "../../../src/model/scheduling/skips.ts";
import type { Json } from "../../../src/model/values/json.ts";
import { dagDocument, taskDocument } from "../documents.ts";

/** decide >> [a, b, join], a >> [join, below], b >> join */
function decide(decision: Decision | undefined, result: Json) {
  const document = dagDocument({
    tasks: [
      taskDocument("decide", decision ? { decision } : {}),
      taskDocument("a", { upstream: ["decide"] }),
      taskDocument("b", { upstream: ["decide"] }),
      taskDocument("join", { upstream: ["a", "b", "decide"] }),
      taskDocument("below", { upstream: ["a"] }),
    ],
  });
  return decideSkips(document, "decide", result);
}

const branch = (cases: Record<string, readonly string[]>): Decision => ({ kind: "branch", cases });
const labels = branch({ left: ["a"], right: ["b"], both: ["a", "b"], neither: [] });

test("a branch skips the direct downstream tasks that it doesn't follow, but not what lies below one it follows", () => {
  expect(decide(labels, "left")).toEqual({ skip: ["b"] });
  expect(decide(labels, "right")).toEqual({ skip: ["a"] });
  expect(decide(labels, "both")).toEqual({ skip: [] });
  expect(decide(labels, ["left", "right"])).toEqual({ skip: [] });
});

test("a branch that follows nothing skips all direct downstream tasks", () => {
  expect(decide(labels, "neither")).toEqual({ skip: ["a", "b", "join"] });
  expect(decide(labels, null)).toEqual({ skip: ["a", "b", "join"] });
  expect(decide(labels, [])).toEqual({ skip: ["a", "b", "join"] });
});

test("true and false are labels by their text", () => {
  const cases = branch({ true: ["a"], false: ["b"] });
  expect(decide(cases, true)).toEqual({ skip: ["b"] });
  expect(decide(cases, false)).toEqual({ skip: ["a"] });
});

test("a result that is no label is an error that names the labels", () => {
  const error = expect.stringMatching(/"decide".*"up".*"left", "right", "both", "neither"/);
  expect(decide(labels, "up")).toEqual({ error });
  expect(decide(labels, "constructor")).toHaveProperty("error");
  expect(decide(labels, { some: "thing" })).toHaveProperty("error");
});

test("a short circuit skips all descendants, or only the direct ones, when the result is falsy as in Python", () => {
  const all = { kind: "short-circuit", ignoreDownstreamTriggerRules: true } as const;
  const direct = { kind: "short-circuit", ignoreDownstreamTriggerRules: false } as const;
  for (const falsy of [null, false, 0, "", [], {}]) {
    expect(decide(all, falsy)).toEqual({ skip: ["a", "b", "join", "below"] });
    expect(decide(direct, falsy)).toEqual({ skip: ["a", "b", "join"] });
  }
  for (const truthy of [true, 1, "false", [0], { a: null }]) {
    expect(decide(all, truthy)).toEqual({ skip: [] });
  }
});

test("a task without a decision skips nothing", () => {
  expect(decide(undefined, false)).toEqual({ skip: [] });
});
