// Operators that ask a person. The task waits, holding nothing, until somebody answers or its time
// is over.
import type { Json, JsonObject } from "../model/values/json.ts";
import type { TaskContext } from "../sdk/context.ts";
import { Deferred } from "../sdk/deferred.ts";
import type { Input } from "../sdk/inputs.ts";
import { createOperator, type FollowTarget, type Operator } from "../sdk/operator.ts";
import { isParam, type Param } from "../sdk/params.ts";

/** Who may answer: the name of a user, or id and name. */
export type AssignedUser = string | { readonly id: string; readonly name: string };

interface QuestionOptions {
  /** The question in a line; a template. */
  readonly subject: Input<string>;
  /** What helps to decide, in Markdown; a template. */
  readonly body?: Input<string>;
  /** Chosen when nobody has answered within `executionTimeout`; without it the task fails then. */
  readonly defaults?: string | readonly string[];
  /** What is to be filled in: defaults, plain or with a schema by `param`. */
  readonly params?: { readonly [name: string]: Json | Param };
  /** Those who may answer; everybody by default. */
  readonly assignedUsers?: AssignedUser | readonly AssignedUser[];
  /** Called when the question is asked, such as a message to those who may answer. */
  readonly notifiers?: Notifier | readonly Notifier[];
}

export type Notifier = (context: TaskContext) => unknown;

export interface HitlOptions extends QuestionOptions {
  readonly options: readonly string[];
  /** Whether several options may be chosen; false by default. */
  readonly multiple?: boolean;
}

/** What a person has answered: the result of the task, in Airflow's names. */
export interface HitlResult {
  readonly chosen_options: readonly string[];
  readonly params_input: JsonObject;
  readonly responded_at: string;
  /** Null where nobody has answered in time. */
  readonly responded_by_user: { readonly id: string; readonly name: string } | null;
}

type Question<R> = Operator<R, { subject: string; body: string }>;

/**
 * Asks a person to choose (Airflow: HITLOperator).
 *
 * ```ts
 * const region = dag.task(
 *   "choose_region",
 *   hitl({ subject: "Which region for {{ ds }}?", options: ["eu", "us"], defaults: "eu" }),
 *   { executionTimeout: "2 days" },
 * )();
 * ```
 */
export function hitl(options: HitlOptions): Question<HitlResult> {
  return createQuestion<HitlResult>("hitl", options);
}

export interface ApprovalOptions extends QuestionOptions {
  /** Whether "Reject" skips all that is downstream, whatever its trigger rule; false by default. */
  readonly ignoreDownstreamTriggerRules?: boolean;
  /** Whether "Reject" fails the task; false by default. */
  readonly failOnReject?: boolean;
}

/**
 * Asks a person to approve; "Reject" skips what is downstream (Airflow: ApprovalOperator).
 *
 * ```ts
 * const approved = dag.task("approve", approval({ subject: "Publish the report of {{ ds }}?" }))();
 * approved.before(publish);
 * ```
 */
export function approval(options: ApprovalOptions): Question<HitlResult> {
  const { ignoreDownstreamTriggerRules = false, failOnReject = false } = options;
  return createQuestion<HitlResult>(
    "approval",
    { ...options, options: ["Approve", "Reject"], multiple: false },
    { failOnReject, decision: { kind: "approval", ignoreDownstreamTriggerRules } },
  );
}

export interface HitlBranchOptions extends HitlOptions {
  /** The task or group that an option follows; the one that is named as the option if absent. */
  readonly optionsMapping?: { readonly [option: string]: FollowTarget };
}

/**
 * Has a person choose which tasks right below it follow (Airflow: HITLBranchOperator).
 *
 * ```ts
 * const routed = dag.task(
 *   "route",
 *   hitlBranch({
 *     subject: "How to go on?",
 *     options: ["Load all", "Load new"],
 *     optionsMapping: { "Load all": loadAll, "Load new": loadNew },
 *   }),
 * )();
 * routed.before(loadAll, loadNew);
 * ```
 */
export function hitlBranch(options: HitlBranchOptions): Question<readonly string[]> {
  const { optionsMapping = {} } = options;
  const strange = Object.keys(optionsMapping).find((option) => !options.options.includes(option));
  if (strange !== undefined) {
    throw new TypeError(`optionsMapping of hitlBranch names "${strange}", which is no option`);
  }
  const pairs = options.options.map(
    (option) => [option, optionsMapping[option] ?? option] as const,
  );
  return createQuestion<readonly string[]>("hitlBranch", options, {
    targets: Object.fromEntries(pairs.map(([option, target]) => [option, idOf(target)])),
    decision: { kind: "by-option", targets: pairs.map(([, target]) => target) },
  });
}

export interface HitlEntryOptions extends QuestionOptions {
  /** "OK" by default. */
  readonly options?: readonly string[];
  readonly multiple?: boolean;
}

/**
 * Has a person fill in params (Airflow: HITLEntryOperator).
 *
 * ```ts
 * const limits = dag.task(
 *   "enter_limits",
 *   hitlEntry({ subject: "Limits for {{ ds }}", params: { rows: 1_000, region: "eu" } }),
 * )();
 * ```
 */
export function hitlEntry(options: HitlEntryOptions): Question<HitlResult> {
  if (options.options) {
    return createQuestion<HitlResult>("hitlEntry", { ...options, options: options.options });
  }
  return createQuestion<HitlResult>("hitlEntry", { defaults: "OK", ...options, options: ["OK"] });
}

interface Special {
  readonly failOnReject?: boolean;
  /** By option, the id that the result has. */
  readonly targets?: Readonly<Record<string, string>>;
  readonly decision?: NonNullable<Operator["decision"]>;
}

/** The longest question, in characters: it is stored with the task instance. */
const MAX_TEXT = 65_536;

function createQuestion<R>(name: string, options: HitlOptions, special: Special = {}): Question<R> {
  const { subject, body, multiple = false } = options;
  const question = checkQuestion(name, options);
  const { failOnReject = false, targets, decision } = special;
  return createOperator({
    name,
    templateFields: ["subject", "body"],
    fields: { subject, ...(body === undefined ? {} : { body }) },
    waits: true,
    ...(decision ? { decision } : {}),
    async execute({ fields, context, log }) {
      const text = { subject: String(fields.subject), body: toBody(fields.body) };
      const length = text.subject.length + (text.body?.length ?? 0);
      if (length > MAX_TEXT) {
        throw new Error(
          `subject and body of ${name} have ${length} characters; give at most ${MAX_TEXT}, or where to read more`,
        );
      }
      log.info("Waiting for response");
      for (const notifier of [options.notifiers ?? []].flat()) await notifier(context);
      return new Deferred({
        kind: "input",
        ...text,
        ...question,
        multiple,
        failOnReject,
        ...(targets ? { targets } : {}),
      });
    },
  });
}

function toBody(body: unknown): string | null {
  return body === undefined || body === null ? null : String(body);
}

/** Throws in Airflow's sense what its constructor refuses. */
function checkQuestion(name: string, options: HitlOptions) {
  const { options: choices, multiple = false, params = {} } = options;
  const defaults = options.defaults === undefined ? null : [options.defaults].flat();
  if (!Array.isArray(choices) || choices.length === 0) {
    throw new TypeError(`options of ${name} are a list of at least one text`);
  }
  if (new Set(choices).size < choices.length) {
    throw new TypeError(`options of ${name} name one twice: ${choices.join(", ")}`);
  }
  const strange = defaults?.find((option) => !choices.includes(option));
  if (strange !== undefined) {
    throw new TypeError(`defaults of ${name} name "${strange}", which is no option`);
  }
  if (!multiple && (defaults?.length ?? 0) > 1) {
    throw new TypeError(`defaults of ${name} name more than one option without multiple: true`);
  }
  if ("_options" in params)
    throw new TypeError(`"_options" can't be the name of a param of ${name}`);
  return { options: choices, defaults, params: toParams(params), assignedUsers: toUsers(options) };
}

function toParams(params: NonNullable<QuestionOptions["params"]>) {
  const entries = Object.entries(params).map(([name, value]) => {
    const {
      default: fallback,
      schema,
      description,
    } = isParam(value)
      ? { description: undefined, ...value }
      : { default: value, schema: {}, description: undefined };
    const param = {
      ...(fallback === undefined ? {} : { default: fallback }),
      schema,
      ...(description === undefined ? {} : { description }),
    };
    return [name, JSON.parse(JSON.stringify(param))];
  });
  return Object.fromEntries(entries);
}

function toUsers({ assignedUsers = [] }: QuestionOptions) {
  return [assignedUsers]
    .flat()
    .map((user) => (typeof user === "string" ? { id: user, name: user } : user));
}

function idOf(target: FollowTarget): string {
  if (typeof target === "string") return target;
  return "taskId" in target ? target.taskId : target.groupId;
}
