// The form of each state, as far as the interpreter runs it: which fields it may have, must have, and of what kind.
import type { State } from "../model/asl.ts";
import { isFields, isPath } from "./paths.ts";
import { INVOKE, INVOKE_AND_WAIT } from "./states/task.ts";

/** What an object of one kind may look like; a field that isn't listed is not supported. */
export interface Shape {
  readonly fields: Readonly<Record<string, (value: unknown) => boolean>>;
  readonly required?: readonly string[];
  /** Of each set exactly one field must be there. */
  readonly oneOf?: readonly (readonly string[])[];
}

/** What is wrong with the object, as the end of a sentence that begins with its name; `undefined` if nothing is. */
export function findFlaw(value: unknown, { fields, required, oneOf }: Shape): string | undefined {
  if (!isFields(value)) return `is no object but ${show(value)}`;
  for (const key in value) {
    const isRight = Object.hasOwn(fields, key) ? fields[key] : undefined;
    if (isRight === undefined) return `has the field "${key}", which is not supported`;
    if (!isRight(value[key])) return `has a wrong "${key}": ${show(value[key])}`;
  }
  for (const key of required ?? []) {
    if (!Object.hasOwn(value, key)) return `lacks "${key}"`;
  }
  for (const keys of oneOf ?? []) {
    if (keys.filter((key) => Object.hasOwn(value, key)).length !== 1) {
      return `needs exactly one of ${keys.join(", ")}`;
    }
  }
  return undefined;
}

/** The given value for a message, cut to a readable length. */
export function show(value: unknown): string {
  const text = JSON.stringify(value) ?? String(value);
  return text.length > 200 ? `${text.slice(0, 200)}…` : text;
}

const isText = (value: unknown) => typeof value === "string";
const isBoolean = (value: unknown) => typeof value === "boolean";
const isNumber = (value: unknown) => Number.isFinite(value);
const isCount = (value: unknown) => Number.isSafeInteger(value) && Number(value) >= 0;
const isPositive = (value: unknown) => isCount(value) && value !== 0;
const isTimestamp = (value: unknown) => isText(value) && !Number.isNaN(Date.parse(String(value)));
const isResultPath = (value: unknown) =>
  value === null || (isPath(value) && !value.startsWith("$$"));
const list = (isItem: (value: unknown) => boolean) => (value: unknown) =>
  Array.isArray(value) && value.every(isItem);
const some = (isItem: (value: unknown) => boolean) => (value: unknown) =>
  Array.isArray(value) && value.length > 0 && value.every(isItem);
const shaped = (shape: Shape) => (value: unknown) => findFlaw(value, shape) === undefined;

function isTemplate(value: unknown): boolean {
  return isFields(value) && Object.entries(value).every(isTemplateEntry);
}

function isTemplateEntry([key, value]: readonly [string, unknown]): boolean {
  if (key.endsWith(".$")) return isPath(value);
  if (Array.isArray(value)) return value.every((item) => isTemplateEntry(["", item]));
  return !isFields(value) || isTemplate(value);
}

/** A definition, a branch or an item processor. */
export const MACHINE: Shape = {
  fields: {
    Comment: isText,
    StartAt: isText,
    States: isFields,
    ProcessorConfig: (value) => isFields(value) && value.Mode === "INLINE",
  },
  required: ["StartAt", "States"],
};

const RETRIER: Shape = {
  fields: {
    ErrorEquals: some(isText),
    IntervalSeconds: isPositive,
    MaxAttempts: isCount,
    BackoffRate: (value) => isNumber(value) && Number(value) >= 1,
    MaxDelaySeconds: isPositive,
  },
  required: ["ErrorEquals"],
};

const CATCHER: Shape = {
  fields: { ErrorEquals: some(isText), ResultPath: isResultPath, Next: isText },
  required: ["ErrorEquals", "Next"],
};

const COMPARISONS = {
  BooleanEquals: isBoolean,
  StringEquals: isText,
  NumericEquals: isNumber,
  NumericGreaterThan: isNumber,
  NumericLessThan: isNumber,
  IsPresent: isBoolean,
  IsNull: isBoolean,
};

const RULE: Shape = {
  fields: { Variable: isPath, Next: isText, ...COMPARISONS },
  required: ["Variable", "Next"],
  oneOf: [Object.keys(COMPARISONS)],
};

const CALL: Shape = {
  fields: { FunctionName: isText, Payload: isTemplate },
  required: ["FunctionName", "Payload"],
};

const DURATIONS = {
  Seconds: isCount,
  SecondsPath: isPath,
  Timestamp: isTimestamp,
  TimestampPath: isPath,
};

const EVERY = { Type: isText, Comment: isText };
const EXIT = {
  ...EVERY,
  Next: isText,
  End: (value: unknown) => value === true,
  OutputPath: (value: unknown) => value === null,
};
const RESULT = { ...EXIT, ResultPath: isResultPath };
const RECOVERY = { ...RESULT, Retry: list(shaped(RETRIER)), Catch: list(shaped(CATCHER)) };
const NEXT_OR_END = ["Next", "End"];

/** By state type. */
export const STATES: Readonly<Record<State["Type"], Shape>> = {
  Task: {
    fields: {
      ...RECOVERY,
      Resource: (value) => value === INVOKE || value === INVOKE_AND_WAIT,
      Parameters: shaped(CALL),
      TimeoutSeconds: isPositive,
    },
    required: ["Resource", "Parameters"],
    oneOf: [NEXT_OR_END],
  },
  Parallel: {
    fields: { ...RECOVERY, Branches: list(isFields) },
    required: ["Branches"],
    oneOf: [NEXT_OR_END],
  },
  Map: {
    fields: {
      ...RECOVERY,
      ItemsPath: isPath,
      ItemSelector: isTemplate,
      MaxConcurrency: isCount,
      ItemProcessor: isFields,
    },
    required: ["ItemProcessor"],
    oneOf: [NEXT_OR_END],
  },
  Wait: { fields: { ...EXIT, ...DURATIONS }, oneOf: [NEXT_OR_END, Object.keys(DURATIONS)] },
  Choice: {
    fields: { ...EVERY, Choices: some(shaped(RULE)), Default: isText },
    required: ["Choices"],
  },
  Pass: { fields: { ...RESULT, Result: () => true }, oneOf: [NEXT_OR_END] },
  Succeed: { fields: EVERY },
};
