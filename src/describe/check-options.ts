// Checks options at run time, for authors whose editor doesn't: unknown names and values of the
// wrong kind.
import { isTriggerRule, TRIGGER_RULES } from "../model/dependencies/trigger-rule-names.ts";
import type { DiagnosticCode } from "../model/diagnostics.ts";
import { isPoolName, isTaskRole } from "../model/ids.ts";
import { WEIGHT_RULES } from "../model/scheduling/priority.ts";
import { parseDuration } from "../model/values/durations.ts";
import { nearestName } from "../model/values/nearest-name.ts";
import { assetItemOf } from "../sdk/assets/asset.ts";
import type { CallSite } from "../sdk/call-site.ts";
import type { DagOptions, SensorOptions, TaskGroupOptions, TaskOptions } from "../sdk/options.ts";
import { isPlainObject } from "../sdk/results.ts";
import {
  MISSING_OF_DAGS,
  MISSING_OF_GROUPS,
  MISSING_OF_TASKS,
  type MissingArguments,
  toCamelCase,
} from "./airflow-arguments.ts";
import type { Report } from "./report.ts";

interface OptionRule {
  /** What the option takes, as the end of a sentence. */
  readonly takes: string;
  readonly code?: DiagnosticCode;
  accepts(value: unknown): boolean;
  /** A hint for a value that is refused. */
  hint?(value: unknown): string | undefined;
}

const text: OptionRule = { takes: "a text", accepts: (value) => typeof value === "string" };
const yesOrNo: OptionRule = {
  takes: "true or false",
  accepts: (value) => typeof value === "boolean",
};
const count: OptionRule = {
  takes: "a whole number from 0 on",
  accepts: (value) => Number.isSafeInteger(value) && Number(value) >= 0,
};
const atLeastOne: OptionRule = {
  takes: "a whole number from 1 on",
  accepts: (value) => Number.isSafeInteger(value) && Number(value) >= 1,
};
const integer: OptionRule = { takes: "a whole number", accepts: Number.isSafeInteger };
const duration: OptionRule = {
  code: "bad-duration",
  takes: 'seconds or a text such as "5 minutes"',
  accepts: (value) => parseDuration(value) !== undefined,
};
const timeLimit: OptionRule = {
  code: "bad-duration",
  takes: 'more than 0 seconds, or a text such as "1 hour"',
  accepts: (value) => (parseDuration(value) ?? 0) > 0,
};
const backoff: OptionRule = {
  takes: "true, false or a factor from 1 on",
  accepts: (value) => typeof value === "boolean" || (Number.isFinite(value) && Number(value) >= 1),
};
const callbacks: OptionRule = {
  takes: "a function or a list of functions",
  accepts: (value) => [value].flat().every((each) => typeof each === "function"),
};
const retryPolicy: OptionRule = {
  takes: "a retry policy, which has a method evaluate",
  accepts: (value) =>
    typeof value === "object" &&
    value !== null &&
    "evaluate" in value &&
    typeof value.evaluate === "function",
  hint: () => "make one by exceptionRetryPolicy({ rules })",
};
const triggerRule: OptionRule = {
  code: "unknown-trigger-rule",
  takes: "one of Airflow's trigger rules",
  accepts: (value) => typeof value === "string" && isTriggerRule(value),
  hint: (value) => {
    const meant = nearestName(String(value), TRIGGER_RULES);
    return meant ? `did you mean "${meant}"?` : `the rules are ${TRIGGER_RULES.join(", ")}`;
  },
};
const weightRule: OptionRule = {
  takes: `one of ${WEIGHT_RULES.join(", ")}`,
  accepts: (value) => WEIGHT_RULES.some((rule) => rule === value),
};
const poolName: OptionRule = {
  takes: "a pool's name of 1 to 256 characters",
  accepts: (value) => typeof value === "string" && isPoolName(value),
};
const roleName: OptionRule = {
  takes: 'a name of letters, digits and "-", at most 30, that begins with a letter',
  accepts: (value) => typeof value === "string" && isTaskRole(value),
};
const texts: OptionRule = {
  takes: "a list of texts",
  accepts: (value) => Array.isArray(value) && value.every((each) => typeof each === "string"),
};
const assets: OptionRule = {
  code: "bad-asset",
  takes: "a list of assets and aliases",
  accepts: (value) =>
    Array.isArray(value) && value.every((each) => assetItemOf(each) !== undefined),
  hint: () => "write new Asset({ name, uri }); expressions are for schedules",
};
const object: OptionRule = { takes: "an object", accepts: isPlainObject };
/** Checked by its reader, with a message of its own. */
const anything: OptionRule = { takes: "anything", accepts: () => true };

type Rules<T> = Readonly<Record<keyof T, OptionRule>>;

/** The options of a kind of thing. */
interface OptionSet<T> {
  readonly rules: Rules<T>;
  /** Arguments that only Airflow has, wherever they are written. */
  readonly missing: MissingArguments;
  /** Options of another kind of thing, and where they belong. */
  readonly elsewhere?: { readonly names: readonly string[]; readonly where: string };
}

const TASK_RULES: Rules<TaskOptions> = {
  retries: count,
  retryDelay: duration,
  retryExponentialBackoff: backoff,
  maxRetryDelay: duration,
  retryPolicy,
  executionTimeout: timeLimit,
  triggerRule,
  dependsOnPast: yesOrNo,
  waitForDownstream: yesOrNo,
  ignoreFirstDependsOnPast: yesOrNo,
  waitForPastDependsBeforeSkipping: yesOrNo,
  owner: text,
  priorityWeight: integer,
  weightRule,
  pool: poolName,
  poolSlots: atLeastOne,
  maxActiveTisPerDag: atLeastOne,
  maxActiveTisPerDagrun: atLeastOne,
  outlets: assets,
  inlets: assets,
  mapIndexTemplate: text,
  displayName: text,
  docMd: text,
  queue: text,
  onExecuteCallback: callbacks,
  onSuccessCallback: callbacks,
  onFailureCallback: callbacks,
  onRetryCallback: callbacks,
  onSkippedCallback: callbacks,
};

const mode: OptionRule = {
  takes: '"reschedule"',
  accepts: (value) => value === "reschedule",
  hint: () => "leave it out: a sensor holds no worker while it waits",
};

const SENSOR_RULES: Rules<SensorOptions> = {
  ...TASK_RULES,
  pokeInterval: duration,
  timeout: duration,
  softFail: yesOrNo,
  neverFail: yesOrNo,
  silentFail: yesOrNo,
  exponentialBackoff: yesOrNo,
  maxWait: timeLimit,
  mode,
};

const DAG_RULES: Rules<DagOptions> = {
  schedule: anything,
  startDate: anything,
  endDate: anything,
  timezone: anything,
  catchup: yesOrNo,
  defaultArgs: object,
  params: object,
  description: text,
  displayName: text,
  docMd: text,
  tags: texts,
  maxActiveRuns: atLeastOne,
  maxActiveTasks: atLeastOne,
  failFast: yesOrNo,
  dagrunTimeout: timeLimit,
  maxConsecutiveFailedDagRuns: count,
  isPausedUponCreation: yesOrNo,
  queue: text,
  role: roleName,
  accessControl: anything,
  onSuccessCallback: callbacks,
  onFailureCallback: callbacks,
  deadline: anything,
};

const GROUP_RULES: Rules<TaskGroupOptions> = {
  prefixGroupId: yesOrNo,
  tooltip: text,
  defaultArgs: object,
};

const OF_TASKS = {
  missing: { ...MISSING_OF_DAGS, ...MISSING_OF_TASKS },
  elsewhere: { names: Object.keys(DAG_RULES), where: "it is an option of the DAG" },
};
export const TASK_OPTIONS: OptionSet<TaskOptions> = { rules: TASK_RULES, ...OF_TASKS };
export const SENSOR_OPTIONS: OptionSet<SensorOptions> = { rules: SENSOR_RULES, ...OF_TASKS };
export const DAG_OPTIONS: OptionSet<DagOptions> = {
  rules: DAG_RULES,
  missing: { ...MISSING_OF_TASKS, ...MISSING_OF_DAGS },
  elsewhere: {
    names: Object.keys(SENSOR_RULES),
    where: "it is an option of tasks; to give it to all of them, put it into defaultArgs",
  },
};
export const GROUP_OPTIONS: OptionSet<TaskGroupOptions> = {
  rules: GROUP_RULES,
  missing: MISSING_OF_GROUPS,
};

/** Whose options they are, for messages. */
export interface OptionPlace {
  /** `task "load" of DAG "orders"` */
  readonly owner: string;
  readonly taskId?: string;
  readonly site: CallSite;
}

/** The options that may be used: what is unknown or of the wrong kind is reported and left out. */
export function checkOptions<T extends object>(
  options: T,
  { rules, ...others }: OptionSet<T>,
  { report, ...place }: OptionPlace & { readonly report: Report },
): T {
  const known: Readonly<Record<string, OptionRule>> = rules;
  const { owner, ...where } = place;
  const accepted: T = { ...options };
  for (const [name, value] of Object.entries(options)) {
    const rule = Object.hasOwn(known, name) ? known[name] : undefined;
    if (rule && (value === undefined || rule.accepts(value))) continue;
    Reflect.deleteProperty(accepted, name);
    if (!rule) {
      const problem = explainUnknown(name, { names: Object.keys(known), ...others });
      const hint = problem.hint === undefined ? {} : { hint: problem.hint };
      const message = `Option "${name}" of ${owner} ${problem.what}`;
      report.add({ code: "bad-option", ...where, message, ...hint });
      continue;
    }
    const hint = rule.hint?.(value);
    report.add({
      code: rule.code ?? "bad-option",
      ...where,
      message: `Option "${name}" of ${owner} takes ${rule.takes}, got ${show(value)}`,
      ...(hint === undefined ? {} : { hint }),
    });
  }
  return accepted;
}

/** An option may have its name from Python, be one that only Airflow has, or be misspelt. */
function explainUnknown(
  name: string,
  {
    names,
    missing,
    elsewhere,
  }: Omit<OptionSet<unknown>, "rules"> & { readonly names: readonly string[] },
): { readonly what: string; readonly hint?: string } {
  const camelCase = toCamelCase(name);
  if (names.includes(camelCase)) {
    return { what: "has its name from Python", hint: `write "${camelCase}"` };
  }
  const instead = Object.hasOwn(missing, camelCase) ? missing[camelCase] : undefined;
  if (instead !== undefined) return { what: "is Airflow's and not supported yet", hint: instead };
  if (elsewhere?.names.includes(camelCase)) {
    return { what: "does not exist", hint: elsewhere.where };
  }
  const meant = nearestName(camelCase, names);
  return { what: "does not exist", ...(meant ? { hint: `did you mean "${meant}"?` } : {}) };
}

/** A value as an author would recognise it, in a few words. */
export function show(value: unknown): string {
  if (typeof value === "function") return "a function";
  if (value instanceof Date) return `the Date ${value.toISOString()}`;
  if (typeof value === "number" || typeof value === "bigint") return String(value);
  const json = JSON.stringify(value) ?? String(value);
  return json.length > 80 ? `${json.slice(0, 80)}…` : json;
}
