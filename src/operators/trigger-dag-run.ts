// The operator that triggers a run of another DAG, and may wait for it. The product makes the run
// once for each try.
import { randomUUID } from "node:crypto";
import type { DagRunState } from "../model/states.ts";
import { type Duration, parseDuration } from "../model/values/durations.ts";
import type { Json, JsonObject } from "../model/values/json.ts";
import { parseMoment, toIso } from "../model/values/time.ts";
import { Deferred } from "../sdk/deferred.ts";
import type { Input } from "../sdk/inputs.ts";
import { createOperator, type Operator } from "../sdk/operator.ts";
import { isPlainObject } from "../sdk/results.ts";
import { wrongArgument } from "./wrong-argument.ts";

export interface TriggerDagRunOptions {
  readonly triggerDagId: Input<string>;
  /** The id of the run; made from the logical date when absent. */
  readonly triggerRunId?: Input<string>;
  readonly conf?: Input<{ readonly [name: string]: Json }> | { readonly [name: string]: unknown };
  /** ISO text; `null` for a run without one, now when absent. */
  readonly logicalDate?: Input<string> | null;
  /** Whether the task waits until the run has ended; false by default. */
  readonly waitForCompletion?: boolean;
  /**
   * How often to look for a state that a run only passes through, such as "running"; its end is
   * noticed at once. 60 seconds by default.
   */
  readonly pokeInterval?: Duration;
  /** States of the run in which the task succeeds; "success" by default. */
  readonly allowedStates?: readonly DagRunState[];
  /** States of the run in which the task fails, without a retry; "failed" by default. */
  readonly failedStates?: readonly DagRunState[];
  /**
   * Clears the run with this id, or of this logical date, where there is one: it goes again with
   * its own conf, in the place of a new run; false by default.
   */
  readonly resetDagRun?: boolean;
  /** Skips the task, rather than fail it, where there is such a run already; false by default. */
  readonly skipWhenAlreadyExists?: boolean;
  /** Fails where the DAG is paused, rather than leave its run queued; false by default. */
  readonly failWhenDagIsPaused?: boolean;
  /**
   * Accepted from DAGs written for Airflow: nothing is held while the task waits, whichever it is.
   * As in Airflow, only with it a run in a failed state leaves the task its retries.
   */
  readonly deferrable?: boolean;
}

const STATES: readonly string[] = ["queued", "running", "success", "failed"];

/**
 * Triggers a run of another DAG (Airflow: TriggerDagRunOperator). The XCom "trigger_run_id" has its
 * id. A try triggers one run, whatever dies meanwhile.
 *
 * ```ts
 * const rebuilt = dag.task(
 *   "rebuild_index",
 *   triggerDagRun({
 *     triggerDagId: "search_index",
 *     conf: { day: "{{ ds }}" },
 *     waitForCompletion: true,
 *   }),
 * )();
 * ```
 */
export function triggerDagRun(options: TriggerDagRunOptions): Operator<void, Record<never, never>> {
  const checked = checkOptions(options);
  const { triggerDagId, triggerRunId, conf, logicalDate } = options;
  return createOperator({
    name: "triggerDagRun",
    templateFields: ["triggerDagId", "triggerRunId", "logicalDate", "conf"],
    fields: {
      triggerDagId,
      ...(triggerRunId === undefined ? {} : { triggerRunId }),
      ...(conf === undefined ? {} : { conf }),
      ...(logicalDate === undefined || logicalDate === null ? {} : { logicalDate }),
    },
    waits: true,
    async execute({ fields, log }) {
      const dagId = String(fields.triggerDagId);
      const date = logicalDate === null ? null : toDate(fields.logicalDate);
      log.info(`Triggering a run of DAG "${dagId}"`);
      return new Deferred({
        kind: "trigger",
        dagId,
        ...(fields.triggerRunId === undefined ? {} : { runId: String(fields.triggerRunId) }),
        ...(date === undefined ? {} : { logicalDate: date }),
        askedAt: toIso(Date.now()),
        random: randomUUID().replaceAll("-", "").slice(0, 8),
        conf: toConf(fields.conf ?? {}),
        ...checked,
      });
    },
  });
}

function toConf(conf: unknown): JsonObject {
  // Airflow takes what json.dumps takes; what isn't JSON throws here, too.
  if (isPlainObject(conf)) return JSON.parse(JSON.stringify(conf));
  throw wrongArgument("conf", "triggerDagRun", { takes: "an object", given: conf });
}

/** UTC ISO text; undefined when none is given. */
function toDate(text: unknown): string | undefined {
  if (text === undefined || text === null) return undefined;
  const moment = parseMoment(String(text));
  if (moment !== undefined) return toIso(moment);
  const takes = "an ISO 8601 date, such as 2026-01-31T06:00:00Z";
  throw wrongArgument("logicalDate", "triggerDagRun", { takes, given: text });
}

function checkOptions(options: TriggerDagRunOptions) {
  const { allowedStates = [], failedStates = ["failed"], pokeInterval = 60 } = options;
  const allowed = allowedStates.length > 0 ? allowedStates : (["success"] as const);
  const unknown = [...allowed, ...failedStates].find((state) => !STATES.includes(state));
  if (unknown !== undefined) {
    refuse(`waits for states of DAG runs: ${STATES.join(", ")}; got "${unknown}"`);
  }
  const seconds = parseDuration(pokeInterval);
  if (seconds === undefined) {
    refuse(`takes a pokeInterval such as "5 minutes", got ${JSON.stringify(pokeInterval)}`);
  }
  return {
    waitForCompletion: options.waitForCompletion ?? false,
    allowedStates: allowed,
    failedStates,
    pokeInterval: seconds,
    skipWhenAlreadyExists: options.skipWhenAlreadyExists ?? false,
    ...(options.resetDagRun ? { resetDagRun: true } : {}),
    failWhenDagIsPaused: options.failWhenDagIsPaused ?? false,
    isRetried: options.deferrable ?? false,
  };
}

function refuse(what: string): never {
  throw new TypeError(`triggerDagRun ${what}`);
}
