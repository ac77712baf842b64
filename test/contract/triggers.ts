// The contract of the messages to the triggerer: every adapter runs it and passes it whole.
import { setTimeout as sleep } from "node:timers/promises";
import { beforeAll, describe, expect, test } from "vitest";
import { isPlanMessage, type PlanMessage } from "../../src/model/scheduling/plan-messages.ts";
import type { Trigger } from "../../src/model/scheduling/sensors.ts";
import type { Triggers } from "../../src/ports/triggers.ts";
import { TRICKY_TEXT, taskKey } from "./records.ts";

export interface TriggersUnderTest {
  readonly triggers: Triggers;
  /** How long after its moment a message may come. */
  readonly patienceMs: number;
}

/**
 * `create` gives messages that call `onTrigger`, which may reject: then the message is to come
 * again.
 */
export function triggersContract(
  name: string,
  create: (
    onMessage: (message: Trigger | PlanMessage) => Promise<void>,
  ) => Promise<TriggersUnderTest>,
): void {
  describe.concurrent(`triggers: ${name}`, { timeout: 120_000 }, () => {
    const plans: PlanMessage[] = [];
    const calls: { readonly trigger: Trigger; readonly at: number }[] = [];
    /** Tasks whose next message fails. */
    const failing = new Set<string>();
    let triggers: Triggers;
    let patienceMs: number;

    beforeAll(async () => {
      const created = await create(async (message) => {
        if (isPlanMessage(message)) {
          plans.push(message);
          return;
        }
        const trigger = message;
        calls.push({ trigger, at: Date.now() });
        if (failing.delete(trigger.taskId)) throw new Error("as the test says");
      });
      ({ triggers, patienceMs } = created);
    });

    const triggerOf = (taskId: string, delayMs: number, pokes = 1): Trigger => ({
      ...taskKey({ taskId }),
      clearNumber: 3,
      pokes,
      dueAt: Date.now() + delayMs,
    });
    const callsFor = (taskId: string) => calls.filter(({ trigger }) => trigger.taskId === taskId);

    /** Resolves when so many messages for the task have come. */
    async function came(taskId: string, count: number, afterMs = 0) {
      for (const end = Date.now() + afterMs + patienceMs; Date.now() < end; await sleep(20)) {
        if (callsFor(taskId).length >= count) return callsFor(taskId);
      }
      throw new Error(`${callsFor(taskId).length} of ${count} messages for "${taskId}" came`);
    }

    test("a message comes at its moment and not before, with all that it was given", async () => {
      const trigger = { ...triggerOf(TRICKY_TEXT, 2_500), runId: TRICKY_TEXT };
      await triggers.set(trigger);
      const [call] = await came(TRICKY_TEXT, 1, 2_500);
      expect(call?.trigger).toMatchObject({ ...trigger, dueAt: expect.any(Number) });
      expect(call?.at).toBeGreaterThanOrEqual(trigger.dueAt);
    });

    test("one whose moment has passed comes at once", async () => {
      await triggers.set(triggerOf("past", -3_600_000));
      await came("past", 1);
    });

    test("messages for one task don't take each other's place", async () => {
      for (const pokes of [1, 2, 3]) await triggers.set(triggerOf("several", 200, pokes));
      const seen = await came("several", 3, 200);
      expect(new Set(seen.map(({ trigger }) => trigger.pokes))).toEqual(new Set([1, 2, 3]));
    });

    test("many that are left at once come, each once for its instance", async () => {
      const all = Array.from({ length: 25 }, (_, mapIndex) => ({
        ...triggerOf("many", 0),
        mapIndex,
      }));
      await triggers.setAll(all);
      const seen = await came("many", 25);
      expect(new Set(seen.map(({ trigger }) => trigger.mapIndex)).size).toBe(25);
      await triggers.setAll([]);
    });

    test("one that fails comes again, and holds up no other", async () => {
      failing.add("failing");
      await triggers.set(triggerOf("failing", 0));
      await triggers.set(triggerOf("beside", 0));
      await came("beside", 1);
      await came("failing", 2);
    });

    test("one that a DAG is to be planned comes at its moment", async () => {
      const message = { plan: TRICKY_TEXT, dueAt: Date.now() + 1_500 };
      await triggers.set(message);
      for (const end = message.dueAt + patienceMs; Date.now() < end; await sleep(20)) {
        if (plans.length > 0) break;
      }
      expect(plans).toMatchObject([message]);
      expect(Date.now()).toBeGreaterThanOrEqual(message.dueAt);
    });

    test("one that is far away does not come", async () => {
      await triggers.set(triggerOf("far", 7 * 86_400_000));
      await sleep(Math.min(patienceMs, 8_000));
      expect(callsFor("far")).toEqual([]);
    });
  });
}
