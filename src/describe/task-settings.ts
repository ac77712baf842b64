// A task's options as they hold: Airflow's defaults, then the DAG's and its groups' defaultArgs,
// then its own.
import type { CallbackKind, SensorDocument, TaskDocument } from "../model/document.ts";
import { DEFAULT_POOL } from "../model/ids.ts";
import { parseDuration } from "../model/values/durations.ts";
import type { TaskRecord, Work } from "../sdk/drawing/graph.ts";
import type { Callback, SensorOptions, TaskOptions } from "../sdk/options.ts";

/** The options that were given for a task, unchecked; later ones win. */
export function givenOptions({ graph, group, work, options }: TaskRecord): SensorOptions {
  const layers: SensorOptions[] = [sensorOptionsOf(work) ?? {}, options];
  for (let around = group; around; around = around.parent) {
    layers.unshift(around.options.defaultArgs ?? {});
  }
  return Object.assign({}, graph.options.defaultArgs, ...layers);
}

type Settings = Omit<
  TaskDocument,
  | "taskId"
  | "operator"
  | "upstream"
  | "reads"
  | "groupId"
  | "decision"
  | "isSetup"
  | "isTeardown"
  | "onFailureFailDagrun"
  | "sensor"
  | "waits"
  | "mapped"
  | "readsItems"
  | "templateFields"
  | "outlets"
  | "inlets"
  | "edgeLabels"
>;

/** The document's form of checked options; Airflow's defaults fill what is absent. */
export function toSettings(options: TaskOptions): Settings {
  const { retryExponentialBackoff: backoff = 1, displayName, docMd, mapIndexTemplate } = options;
  const maxRetryDelay = parseDuration(options.maxRetryDelay);
  const executionTimeout = parseDuration(options.executionTimeout);
  const waitForDownstream = options.waitForDownstream ?? false;
  return {
    triggerRule: options.triggerRule ?? "all_success",
    retries: options.retries ?? 0,
    retryDelay: parseDuration(options.retryDelay) ?? 300,
    retryBackoff: typeof backoff === "number" ? backoff : backoff ? 2 : 1,
    ...(maxRetryDelay === undefined ? {} : { maxRetryDelay }),
    ...(executionTimeout === undefined ? {} : { executionTimeout }),
    dependsOnPast: waitForDownstream || (options.dependsOnPast ?? false),
    waitForDownstream,
    ignoreFirstDependsOnPast: options.ignoreFirstDependsOnPast ?? true,
    owner: options.owner ?? "airflow",
    priorityWeight: options.priorityWeight ?? 1,
    ...toLimits(options),
    callbacks: CALLBACK_KINDS.filter((kind) => callbacksOf(options, kind).length > 0),
    ...(displayName === undefined ? {} : { displayName }),
    ...(docMd === undefined ? {} : { docMd }),
    ...(mapIndexTemplate === undefined ? {} : { mapIndexTemplate }),
  };
}

/** What limits the task and orders it among those that wait; only what differs from a default. */
function toLimits({
  weightRule = "downstream",
  pool = DEFAULT_POOL,
  poolSlots = 1,
  maxActiveTisPerDag,
  maxActiveTisPerDagrun,
  waitForPastDependsBeforeSkipping,
}: TaskOptions) {
  return {
    ...(waitForPastDependsBeforeSkipping ? { waitForPastDependsBeforeSkipping } : {}),
    ...(weightRule === "downstream" ? {} : { weightRule }),
    ...(pool === DEFAULT_POOL ? {} : { pool }),
    ...(poolSlots === 1 ? {} : { poolSlots }),
    ...(maxActiveTisPerDag === undefined ? {} : { maxActiveTisPerDag }),
    ...(maxActiveTisPerDagrun === undefined ? {} : { maxActiveTisPerDagrun }),
  } as const;
}

/** The options that a sensor's work brings with it; undefined for what is not a sensor. */
export function sensorOptionsOf(work: Work): SensorOptions | undefined {
  if (work.kind === "operator") return work.operator.sensor;
  return work.isSensor ? {} : undefined;
}

/**
 * The document's form of a sensor's checked options; Airflow's defaults fill what is absent
 * (sensors: default_timeout).
 */
export function toSensorSettings(options: SensorOptions): SensorDocument {
  const maxWait = parseDuration(options.maxWait);
  return {
    pokeInterval: parseDuration(options.pokeInterval) ?? 60,
    timeout: parseDuration(options.timeout) ?? 7 * 86_400,
    softFail: options.softFail ?? false,
    ...(options.neverFail ? { neverFail: true } : {}),
    exponentialBackoff: options.exponentialBackoff ?? false,
    ...(maxWait === undefined ? {} : { maxWait }),
  };
}

const CALLBACK_OPTIONS = {
  execute: "onExecuteCallback",
  success: "onSuccessCallback",
  failure: "onFailureCallback",
  retry: "onRetryCallback",
  skipped: "onSkippedCallback",
} as const;

const CALLBACK_KINDS: readonly CallbackKind[] = [
  "execute",
  "success",
  "failure",
  "retry",
  "skipped",
];

/** The callbacks of a kind, in the order to run them; what is not a function is left out. */
export function callbacksOf(options: TaskOptions, kind: CallbackKind): readonly Callback[] {
  return [options[CALLBACK_OPTIONS[kind]] ?? []]
    .flat()
    .filter((each) => typeof each === "function");
}
