// Schedules over EventBridge Scheduler: cron in the DAG's own time zone, and one-time schedules
// that delete themselves for moments that a cron would miss.
import {
  CreateScheduleCommand,
  type CreateScheduleCommandInput,
  DeleteScheduleCommand,
  GetScheduleCommand,
  type GetScheduleCommandOutput,
  paginateListSchedules,
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
/**
 * AWS refuses a one-time schedule that lies in the past when it gets there; it fires within a
 * minute anyway.
 */
const SHORTEST_NOTICE_MS = 10_000;

export function createEventBridgeSchedulerSchedules(options: SchedulerSchedulesOptions): Schedules {
  return {
    async set(wish) {
      try {
        await apply(options, wish, toWakes(wish, { zones: true }));
      } catch (error) {
        if (!isErrorOf(error, "ValidationException")) throw error;
        // AWS may know fewer zones than the runtime: without them, from moment to moment.
        options.report?.warn(
          `EventBridge refuses the schedule of DAG "${wish.dagId}": ${String(error)}. It is woken from run to run`,
        );
        await apply(options, wish, toWakes(wish, { zones: false }));
      }
    },
    remove: (dagId) => removeAll(options, dagId),
  };
}

async function apply(
  options: SchedulerSchedulesOptions,
  { dagId, nextFireAt }: ScheduleWish,
  { repeating, timezone, once }: Wakes,
): Promise<void> {
  const wanted = repeating.map((expression) => ({ dagId, expression, timezone }));
  const { put, cleared } = await fillSlots(toSchedulePrefix(dagId), wanted, createSlots(options));
  if (once !== undefined) await wakeAt(options, dagId, once);
  else if (put && isSoon(nextFireAt, options.clock.now())) await wakeAt(options, dagId, nextFireAt);
  else if (cleared && nextFireAt === undefined) await removeAll(options, dagId);
}

/** Slots that are schedules of the group. */
function createSlots(options: SchedulerSchedulesOptions): ScheduleSlots<Rhythm> {
  const { client, group } = options;
  return {
    async look(name, wanted) {
      const get = client.send(new GetScheduleCommand({ GroupName: group, Name: name }));
      const found = await orUndefined(get, "ResourceNotFoundException");
      if (!found) return "empty";
      return wanted && isAsWanted(found, toSchedule(options, wanted)) ? "same" : "other";
    },
    async put(name, wanted, isEmpty) {
      const schedule = { ...toSchedule(options, wanted), Name: name };
      const create = () => client.send(new CreateScheduleCommand(schedule));
      const update = () => client.send(new UpdateScheduleCommand(schedule));
      try {
        await (isEmpty ? create() : update());
      } catch (error) {
        // Another process has made or removed it meanwhile.
        if (!isErrorOf(error, "ConflictException", "ResourceNotFoundException")) throw error;
        await (isEmpty ? update() : create());
      }
    },
    clear: (name) => remove(options, name),
  };
}

function toSchedule(options: SchedulerSchedulesOptions, { dagId, expression, timezone }: Rhythm) {
  const { group, targetArn, roleArn, deadLetterArn } = options;
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

/** Compares what a deployment or a DAG may change. */
function isAsWanted(
  found: GetScheduleCommandOutput,
  wanted: ReturnType<typeof toSchedule>,
): boolean {
  return (
    found.State === wanted.State &&
    found.ScheduleExpression === wanted.ScheduleExpression &&
    found.ScheduleExpressionTimezone === wanted.ScheduleExpressionTimezone &&
    found.Target?.Arn === wanted.Target.Arn &&
    found.Target.RoleArn === wanted.Target.RoleArn &&
    found.Target.DeadLetterConfig?.Arn === wanted.Target.DeadLetterConfig?.Arn
  );
}

/**
 * The name contains the moment, so that asking again changes nothing. One that isn't needed any
 * more fires in vain.
 */
async function wakeAt(
  options: SchedulerSchedulesOptions,
  dagId: string,
  moment: number,
): Promise<void> {
  const at = Math.max(moment, options.clock.now() + SHORTEST_NOTICE_MS);
  const suffix = `at-${toSecond(at).replaceAll(/[:-]/g, "")}`;
  const create = options.client.send(
    new CreateScheduleCommand({
      ...toSchedule(options, { dagId, expression: toAt(at), timezone: "UTC" }),
      Name: `${toSchedulePrefix(dagId)}${suffix}`,
      ActionAfterCompletion: "DELETE",
    }),
  );
  await orUndefined(create, "ConflictException");
}

async function remove({ client, group }: SchedulerSchedulesOptions, name: string): Promise<void> {
  const call = client.send(new DeleteScheduleCommand({ GroupName: group, Name: name }));
  await orUndefined(call, "ResourceNotFoundException");
}

async function removeAll(options: SchedulerSchedulesOptions, dagId: string): Promise<void> {
  const { client, group } = options;
  const mine = { GroupName: group, NamePrefix: toSchedulePrefix(dagId) };
  try {
    for await (const { Schedules = [] } of paginateListSchedules({ client }, mine)) {
      for (const { Name: name } of Schedules) if (name) await remove(options, name);
    }
  } catch (error) {
    // A group that is gone has taken its schedules with it.
    if (!isErrorOf(error, "ResourceNotFoundException")) throw error;
  }
}
