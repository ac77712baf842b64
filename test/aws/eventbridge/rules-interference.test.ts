// Two functions that plan a DAG at the same time change the same rules: each call is made again
// until the rules are as one of them wants them.
import { type EventBridgeClient, EventBridgeServiceException } from "@aws-sdk/client-eventbridge";
import { expect, test } from "vitest";
import { createEventBridgeRulesSchedules } from "../../../src/aws/eventbridge/rules-schedules.ts";

interface Input {
  readonly Name?: string;
  readonly Rule?: string;
}

/** Fails the first calls of each kind so. */
function createClient(failures: Readonly<Record<string, readonly string[]>>) {
  const left = new Map(Object.entries(failures).map(([kind, names]) => [kind, [...names]]));
  const calls: string[] = [];
  const rules = new Set(["p_d_0"]);
  async function send(command: { readonly input: Input }) {
    const { input } = command;
    const kind = command.constructor.name.replace("Command", "");
    calls.push(kind);
    const name = left.get(kind)?.shift();
    if (name !== undefined) {
      throw new EventBridgeServiceException({
        name,
        message:
          name === "ValidationException" ? "Rule can't be deleted since it has targets." : "",
        $fault: name === "InternalFailure" ? "server" : "client",
        $metadata: {},
      });
    }
    if (kind === "ListRules") return { Rules: [...rules].map((Name) => ({ Name })) };
    if (kind === "DescribeRule") {
      throw new EventBridgeServiceException({
        name: "ResourceNotFoundException",
        $fault: "client",
        $metadata: {},
      });
    }
    if (kind === "DeleteRule") rules.delete(input.Name ?? "");
    return {};
  }
  const client = { send } as unknown as EventBridgeClient;
  const clock = { now: () => Date.UTC(2026, 0, 1), sleep: async () => {} };
  const schedules = createEventBridgeRulesSchedules({
    client,
    prefix: "p_",
    targetArn: "arn",
    clock,
  });
  return { schedules, calls, rules };
}

test("a rule that another caller changes meanwhile is removed all the same, with its target", async () => {
  const failures = ["ConcurrentModificationException", "ValidationException", "InternalFailure"];
  const { schedules, calls, rules } = createClient({ DeleteRule: failures });
  await schedules.remove("d");
  expect([...rules]).toEqual([]);
  expect(calls.filter((kind) => kind === "RemoveTargets")).toHaveLength(4);
  expect(calls.filter((kind) => kind === "DeleteRule")).toHaveLength(4);
});

test("a rule that another caller removes while it is put is put again", async () => {
  const { schedules, calls } = createClient({ PutTargets: ["ResourceNotFoundException"] });
  await schedules.set({
    dagId: "d",
    schedule: { kind: "cron", cron: "0 6 * * *" },
    timezone: "UTC",
    hasRunsToCome: true,
  });
  expect(calls.filter((kind) => kind === "PutRule")).toHaveLength(2);
  expect(calls).toContain("EnableRule");
});

test("what never passes is thrown after a few attempts", async () => {
  const failures = Array.from({ length: 99 }, () => "ConcurrentModificationException");
  const { schedules, calls } = createClient({ DeleteRule: failures });
  await expect(schedules.remove("d")).rejects.toMatchObject({
    name: "ConcurrentModificationException",
  });
  expect(calls.filter((kind) => kind === "DeleteRule")).toHaveLength(8);
});

test("a refusal that has nothing to do with others is thrown at once", async () => {
  const { schedules, calls } = createClient({ DeleteRule: ["AccessDeniedException"] });
  await expect(schedules.remove("d")).rejects.toThrow();
  expect(calls.filter((kind) => kind === "DeleteRule")).toHaveLength(1);
});
