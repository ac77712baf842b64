// Schedules over EventBridge's older rules, which every emulator fires: UTC and minutes only, and
// no single moments, which are replaced by the minute of every hour, or by every minute.
import {
  DeleteRuleCommand,
  DescribeRuleCommand,
  EnableRuleCommand,
  type EventBridgeClient,
  EventBridgeServiceException,
  ListRulesCommand,
  PutRuleCommand,
  PutTargetsCommand,
  RemoveTargetsCommand,
} from "@aws-sdk/client-eventbridge";
import type { Clock } from "../../ports/platform.ts";
import type { Schedules } from "../../ports/schedules.ts";
import { isErrorOf, orUndefined } from "../errors.ts";
import { toOldPrefix, toSchedulePrefix } from "../resource-names.ts";
import { EVERY_MINUTE, toHourly, toWakes, type Wakes } from "./expressions.ts";
import { fillSlots, isSoon, type ScheduleSlots } from "./schedule-slots.ts";

export interface RulesSchedulesOptions {
  readonly client: EventBridgeClient;
  /** In front of every rule's name: the function lets itself be called by rules with such names. */
  readonly prefix: string;
  /** The scheduler function; it gets `{ "dagId": … }`. */
  readonly targetArn: string;
  /** Queue that takes fires which could not be delivered. */
  readonly deadLetterArn?: string;
  readonly clock: Pick<Clock, "now" | "sleep">;
}

const TARGET_ID = "scheduler";
const ATTEMPTS = 8;
const LONGEST_PAUSE_MS = 200;

/**
 * What EventBridge says when a rule is changed by two callers: another change is being made, a rule
 * that is to go has got a target again, or one that is to get a target has gone. An emulator
 * answers that with a bare 500.
 */
function isInterference(error: unknown): boolean {
  if (isErrorOf(error, "ConcurrentModificationException", "ResourceNotFoundException")) return true;
  if (error instanceof EventBridgeServiceException && error.$fault === "server") return true;
  return isErrorOf(error, "ValidationException") && /\btargets?\b/i.test(String(error));
}

export function createEventBridgeRulesSchedules(options: RulesSchedulesOptions): Schedules {
  const { client, prefix, targetArn, deadLetterArn, clock } = options;
  /** Rules of Stepwind 0.1 go when the DAG has new ones. */
  const oldPrefix = toOldPrefix(prefix);

  const slotsOf = (dagId: string): ScheduleSlots<string> => ({
    async look(name, wanted) {
      const describe = client.send(new DescribeRuleCommand({ Name: name }));
      const found = await orUndefined(describe, "ResourceNotFoundException");
      if (!found) return "empty";
      const isSame = found.State === "ENABLED" && found.ScheduleExpression === wanted;
      return isSame ? "same" : "other";
    },
    put: (name, expression) => again(clock, () => putRule(name, expression, dagId)),
    clear: (name) => removeRule(options, name),
  });

  async function putRule(name: string, expression: string, dagId: string): Promise<void> {
    const Description = `Wakes the scheduler for DAG ${dagId}`;
    const rule = { Name: name, Description, ScheduleExpression: expression };
    const target = {
      Id: TARGET_ID,
      Arn: targetArn,
      Input: JSON.stringify({ dagId }),
      ...(deadLetterArn === undefined ? {} : { DeadLetterConfig: { Arn: deadLetterArn } }),
    };
    // Enabled last: an enabled rule is one that has its target.
    await client.send(new PutRuleCommand({ ...rule, State: "DISABLED" }));
    await client.send(new PutTargetsCommand({ Rule: name, Targets: [target] }));
    await client.send(new EnableRuleCommand({ Name: name }));
  }

  async function removeAll(NamePrefix: string): Promise<void> {
    for (let NextToken: string | undefined; ; ) {
      const page = await client.send(
        new ListRulesCommand({ NamePrefix, ...(NextToken === undefined ? {} : { NextToken }) }),
      );
      for (const { Name: name } of page.Rules ?? []) if (name) await removeRule(options, name);
      NextToken = page.NextToken;
      if (NextToken === undefined) return;
    }
  }

  function toExpressions({ repeating, once }: Wakes): readonly string[] {
    if (once === undefined) return repeating;
    return isSoon(once, clock.now()) ? [EVERY_MINUTE] : [...repeating, toHourly(once)];
  }

  return {
    async set(wish) {
      const { dagId, nextFireAt } = wish;
      const wanted = toExpressions(toWakes(wish, { zones: false }));
      const names = toSchedulePrefix(dagId, prefix);
      const { put } = await fillSlots(names, wanted, slotsOf(dagId));
      // Until the next time, as the rules just put may miss what comes so soon.
      if (put && !wanted.includes(EVERY_MINUTE) && isSoon(nextFireAt, clock.now())) {
        await fillSlots(names, [...wanted, EVERY_MINUTE], slotsOf(dagId));
      }
      if (oldPrefix === undefined) return;
      await fillSlots(toSchedulePrefix(dagId, oldPrefix), [], slotsOf(dagId));
    },
    async remove(dagId) {
      for (const each of oldPrefix === undefined ? [prefix] : [prefix, oldPrefix]) {
        await removeAll(toSchedulePrefix(dagId, each));
      }
    },
  };
}

function removeRule({ client, clock }: RulesSchedulesOptions, name: string): Promise<void> {
  return again(clock, async () => {
    const targets = client.send(new RemoveTargetsCommand({ Rule: name, Ids: [TARGET_ID] }));
    await orUndefined(targets, "ResourceNotFoundException");
    const rule = client.send(new DeleteRuleCommand({ Name: name }));
    await orUndefined(rule, "ResourceNotFoundException");
  });
}

/** Others may plan the DAG at the same time, and change the same rule between two calls. */
async function again(clock: Pick<Clock, "sleep">, change: () => Promise<void>): Promise<void> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await change();
    } catch (error) {
      if (attempt === ATTEMPTS || !isInterference(error)) throw error;
      await clock.sleep(Math.random() * attempt * LONGEST_PAUSE_MS);
    }
  }
}
