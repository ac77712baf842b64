// Schedules over EventBridge Scheduler: cron in the DAG's own time zone, and one-time schedules that delete themselves
// for moments that a cron would miss.
import {
  CreateScheduleCommand,
  type CreateScheduleCommandInput,
  DeleteScheduleCommand,
  GetScheduleCommand,
  ListSchedulesCommand,
  type SchedulerClient,
  UpdateScheduleCommand,
} from "@aws-sdk/client-scheduler";
import type { Clock, Reporter } from "../../ports/platform.ts";
import type { Schedules, ScheduleWish } from "../../ports/schedules.ts";
import { isErrorOf, orUndefined } from "../errors.ts";
import { toSchedulePrefix } from "../resource-names.ts";
import { toAt, toSecond, toWakes, type Wakes } from "./expressions.ts";
import { fillSlots, isSoon, type ScheduleSlots } from "./schedule-slots.ts";

export interface SchedulerSchedulesOptions {
  readonly client: SchedulerClient;
  /** Group of all schedules of the deployment. */
  readonly group: string;
  /** The scheduler function; it gets `{ "dagId": … }`. */
  readonly targetArn: string;
  /** Role that may call it. */
  readonly roleArn: string;
  /** Queue that takes fires which could not be delivered. */
  readonly deadLetterArn?: string;
  readonly clock: Pick<Clock, "now">;
  readonly report?: Reporter;
}

interface Rhythm {
  readonly dagId: string;
  readonly expression: string;
  readonly timezone: string;
}

/** Later, another fire has long come. */
const MAX_FIRE_AGE_SECONDS = 3_600;
/** AWS refuses a one-time schedule that lies in the past when it gets there; it fires within a minute anyway. */
const SHORTEST_NOTICE_MS = 10_000;

export function createEventBridgeSchedulerSchedules(options: SchedulerSchedulesOptions): Schedules {
  const { client, group, clock } = options;

  function toSchedule({ dagId, expression, timezone }: Rhythm) {
    const { targetArn, roleArn, deadLetterArn } = options;
    return {
      GroupName: group,
      Description: `Wakes the scheduler for DAG ${dagId}`,
      ScheduleExpression: expression,
      ScheduleExpressionTimezone: timezone,
      FlexibleTimeWindow: { Mode: "OFF" },
      State: "ENABLED",
      Target: {
        Arn: targetArn,
        RoleArn: roleArn,
        Input: JSON.stringify({ dagId }),
        RetryPolicy: { MaximumEventAgeInSeconds: MAX_FIRE_AGE_SECONDS },
        ...(deadLetterArn === undefined ? {} : { DeadLetterConfig: { Arn: deadLetterArn } }),
      },
    } satisfies Omit<CreateScheduleCommandInput, "Name">;
  }

  const slots: ScheduleSlots<Rhythm> = {
    async look(name, wanted) {
      const get = client.send(new GetScheduleCommand({ GroupName: group, Name: name }));
      const found = await orUndefined(get, "ResourceNotFoundException");
      if (!found) return "empty";
      if (!wanted) return "other";
      const mine = toSchedule(wanted);
      const isSame =
        found.State === mine.State &&
        found.ScheduleExpression === mine.ScheduleExpression &&
        found.ScheduleExpressionTimezone === mine.ScheduleExpressionTimezone &&
        found.Target?.Arn === mine.Target.Arn &&
        found.Target.RoleArn === mine.Target.RoleArn &&
        found.Target.DeadLetterConfig?.Arn === options.deadLetterArn;
      return isSame ? "same" : "other";
    },
    async put(name, wanted, isEmpty) {
      const schedule = { ...toSchedule(wanted), Name: name };
      const create = () => client.send(new CreateScheduleCommand(schedule));
      const update = () => client.send(new UpdateScheduleCommand(schedule));
      try {
        await (isEmpty ? create() : update());
      } catch (error) {
        // Somebody else has made or removed it meanwhile.
        if (!isErrorOf(error, "ConflictException", "ResourceNotFoundException")) throw error;
        await (isEmpty ? update() : create());
      }
    },
    clear: remove,
  };

  async function remove(name: string): Promise<void> {
    const call = client.send(new DeleteScheduleCommand({ GroupName: group, Name: name }));
    await orUndefined(call, "ResourceNotFoundException");
  }

  async function removeAll(dagId: string): Promise<void> {
    const names = { GroupName: group, NamePrefix: toSchedulePrefix(dagId) };
    for (let token: string | undefined; ; ) {
      const list = client.send(
        new ListSchedulesCommand({
          ...names,
          ...(token === undefined ? {} : { NextToken: token }),
        }),
      );
      // A group that is gone has taken its schedules with it.
      const page = await orUndefined(list, "ResourceNotFoundException");
      for (const { Name: name } of page?.Schedules ?? []) if (name) await remove(name);
      token = page?.NextToken;
      if (token === undefined) return;
    }
  }

  async function apply(
    { dagId, nextFireAt }: ScheduleWish,
    { repeating, timezone, once }: Wakes,
  ): Promise<void> {
    const wanted = repeating.map((expression) => ({ dagId, expression, timezone }));
    const { put, cleared } = await fillSlots(toSchedulePrefix(dagId), wanted, slots);
    if (once !== undefined) await wakeAt(dagId, once);
    else if (put && isSoon(nextFireAt, clock.now())) await wakeAt(dagId, nextFireAt);
    else if (cleared && nextFireAt === undefined) await removeAll(dagId);
  }

  /** The name tells the moment, so that asking again changes nothing. One that is no more needed fires in vain. */
  async function wakeAt(dagId: string, moment: number): Promise<void> {
    const at = Math.max(moment, clock.now() + SHORTEST_NOTICE_MS);
    const suffix = `at-${toSecond(at).replaceAll(/[:-]/g, "")}`;
    const create = client.send(
      new CreateScheduleCommand({
        ...toSchedule({ dagId, expression: toAt(at), timezone: "UTC" }),
        Name: `${toSchedulePrefix(dagId)}${suffix}`,
        ActionAfterCompletion: "DELETE",
      }),
    );
    await orUndefined(create, "ConflictException");
  }

  return {
    async set(wish) {
      try {
        await apply(wish, toWakes(wish, { zones: true }));
      } catch (error) {
        if (!isErrorOf(error, "ValidationException")) throw error;
        // AWS may know fewer zones than the runtime: without them, from moment to moment.
        options.report?.warn(
          `EventBridge refuses the schedule of DAG "${wish.dagId}": ${String(error)}. It is woken from run to run`,
        );
        await apply(wish, toWakes(wish, { zones: false }));
      }
    },
    remove: removeAll,
  };
}
