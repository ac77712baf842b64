// Answers of people: which are taken, and how tasks end by them.
import { expect, test } from "vitest";
import { decideSkips } from "../../../src/model/scheduling/skips.ts";
import {
  answerByDefault,
  checkAnswer,
  endByAnswer,
  mayAnswer,
} from "../../../src/model/waits/human-input.ts";
import { dagDocument, taskDocument } from "../documents.ts";

const QUESTION = {
  options: ["eu", "us"],
  multiple: false,
  params: {
    rows: { default: 10, schema: { type: "integer" } },
    name: { schema: { type: "string" } },
  },
};
const RESPONSE = {
  chosenOptions: ["eu"],
  paramsInput: { rows: 1 },
  respondedAt: "2026-01-31T06:00:00.000Z",
  respondedBy: { id: "ann", name: "Ann" },
};

test("an answer is checked, and gets the defaults of what it leaves out", () => {
  const check = (chosenOptions: readonly string[], paramsInput = {}, question = QUESTION) =>
    checkAnswer(question, { chosenOptions, paramsInput });
  expect(check(["eu"], { name: "x" })).toEqual({
    chosenOptions: ["eu"],
    paramsInput: { rows: 10, name: "x" },
  });
  expect(check([])).toEqual({ error: 'Choose one of the options "eu", "us"' });
  expect(check(["asia"])).toEqual({ error: '"asia" is not an option; choose from "eu", "us"' });
  expect(check(["eu", "us"])).toEqual({ error: "Choose one option only; 2 are chosen" });
  expect(check(["eu", "us"], { name: "x" }, { ...QUESTION, multiple: true })).not.toHaveProperty(
    "error",
  );
  expect(check(["eu", "eu"], {}, { ...QUESTION, multiple: true })).toHaveProperty("error");
  expect(check(["eu"])).toEqual({
    error: "The params are not valid: name: has no default and no value was given",
  });
  expect(check(["eu"], { name: 1 })).toHaveProperty("error");
  expect(check(["eu"], { name: "x", more: 1 })).toEqual({
    error: '"more" is not a param of the question',
  });
});

test("defaults count when the time is over, with those of the params", () => {
  expect(answerByDefault({ ...QUESTION, defaults: null })).toBeUndefined();
  expect(answerByDefault({ ...QUESTION, defaults: ["us"] })).toEqual({
    chosenOptions: ["us"],
    paramsInput: { rows: 10 },
  });
});

test("the result is Airflow's: the answer, or the targets of a branch", () => {
  const plain = { failOnReject: false };
  expect(endByAnswer(plain, RESPONSE)).toEqual({
    kind: "success",
    result: JSON.stringify({
      chosen_options: ["eu"],
      params_input: { rows: 1 },
      responded_at: "2026-01-31T06:00:00+00:00",
      responded_by_user: { id: "ann", name: "Ann" },
    }),
  });
  const targets = { eu: "load_eu", us: "us" };
  expect(endByAnswer({ ...plain, targets }, { ...RESPONSE, chosenOptions: ["us", "eu"] })).toEqual({
    kind: "success",
    result: '["us","load_eu"]',
  });
  const rejected = { ...RESPONSE, chosenOptions: ["Reject"] };
  expect(endByAnswer({ failOnReject: true }, rejected)).toMatchObject({
    kind: "failed",
    error: { name: "HITLRejectException" },
  });
});

test("an approval skips what is below it unless it approves", () => {
  const tasks = (ignoreDownstreamTriggerRules: boolean) =>
    dagDocument({
      tasks: [
        taskDocument("ask", {
          decision: { kind: "short-circuit", isApproval: true, ignoreDownstreamTriggerRules },
        }),
        taskDocument("a", { upstream: ["ask"] }),
        taskDocument("b", { upstream: ["a"] }),
      ],
    });
  const skips = (option: string, ignores: boolean) =>
    decideSkips(tasks(ignores), "ask", { chosen_options: [option] });
  expect(skips("Approve", true)).toEqual({ skip: [] });
  expect(skips("Reject", false)).toEqual({ skip: ["a"] });
  expect(skips("Reject", true)).toEqual({ skip: ["a", "b"] });
});

test("only those who are named may answer, if any are", () => {
  const ann = { id: "ann", name: "Ann" };
  expect(mayAnswer({ assignedUsers: [] }, ann)).toBe(true);
  expect(mayAnswer({ assignedUsers: [ann] }, ann)).toBe(true);
  expect(mayAnswer({ assignedUsers: [ann] }, { id: "bob" })).toBe(false);
});
