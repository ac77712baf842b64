// The messages of the Execution API on AWS: what a task function sends to the function that serves
// it, and what it gets back. The code of tasks can send anything, so each message is checked.
import { z } from "zod";
import type { LogEntry } from "../../model/records.ts";
import type { Question, TaskRequest, TryReport } from "../../ports/execution-api.ts";

/** A message that fits into one call of a function. */
export type ExecutionMessage =
  | ({ readonly action: "begin" } & TaskRequest)
  | { readonly action: "ask"; readonly capability: string; readonly question: Question }
  | {
      readonly action: "append";
      readonly capability: string;
      readonly entries: readonly LogEntry[];
    }
  | { readonly action: "look"; readonly capability: string }
  | { readonly action: "end"; readonly capability: string; readonly report: TryReport }
  /** Asks where a message can be left that is too large for a call. */
  | { readonly action: "upload"; readonly capability: string };

/** Names a large message that was left. */
export interface StoredMessage {
  readonly action: "stored";
  readonly key: string;
}

export type ExecutionReply<T = unknown> =
  /** What the Execution API answered; absent: undefined. */
  | { readonly kind: "answer"; readonly value: T }
  /** What it threw. */
  | { readonly kind: "error"; readonly name: string; readonly message: string }
  /** The reply is too large for a call: its JSON text is at this address for some minutes. */
  | { readonly kind: "stored"; readonly url: string };

/** Where a large message is to be left. */
export interface UploadPlace {
  readonly key: string;
  /** Takes a PUT for some minutes. */
  readonly url: string;
}

/**
 * Bytes of a message or a reply in one call (AWS Lambda quotas: 6 MB for each, of JSON text in
 * which it may be quoted once more).
 */
export const MAX_MESSAGE_BYTES = 4_000_000;

const id = z.string().max(1_000);
const count = z.int().min(0);
const entries = z.array(
  z.strictObject({
    timestamp: z.iso.datetime(),
    level: z.enum(["debug", "info", "warning", "error", "critical"]),
    event: z.string(),
    logger: z.string().max(1_000),
  }),
);
const error = z.strictObject({
  name: z.string(),
  message: z.string(),
  stack: z.string().optional(),
});
const rendered = {
  renderedFields: z.record(z.string(), z.json()).optional(),
  renderedMapIndex: z.string().max(1_000).optional(),
};
const texts = z.array(z.string()).max(1_000);
const ids = z.array(id).max(1_000);
const runStates = z.array(z.enum(["queued", "running", "success", "failed"])).max(4);
const moment = z.iso.datetime();
const wait = z.discriminatedUnion("kind", [
  z.strictObject({ kind: z.literal("moment"), at: moment }),
  z.strictObject({
    kind: z.literal("external"),
    dagId: id,
    taskIds: ids.optional(),
    taskGroupId: id.optional(),
    logicalDates: z.array(moment).min(1).max(1_000),
    allowedStates: ids,
    skippedStates: ids,
    failedStates: ids,
    checkExistence: z.boolean(),
  }),
  z.strictObject({
    kind: z.literal("trigger"),
    dagId: id,
    runId: id.optional(),
    logicalDate: moment.nullable().optional(),
    askedAt: moment,
    random: z.string().max(20),
    conf: z.record(z.string(), z.json()),
    waitForCompletion: z.boolean(),
    allowedStates: runStates,
    failedStates: runStates,
    pokeInterval: z.number().min(0),
    skipWhenAlreadyExists: z.boolean(),
    resetDagRun: z.boolean().optional(),
    failWhenDagIsPaused: z.boolean(),
    isRetried: z.boolean(),
  }),
  z.strictObject({
    kind: z.literal("input"),
    subject: z.string(),
    body: z.string().nullable(),
    options: texts.min(1),
    defaults: texts.nullable(),
    multiple: z.boolean(),
    params: z.record(
      z.string(),
      z.strictObject({
        default: z.json().optional(),
        schema: z.record(z.string(), z.json()),
        description: z.string().optional(),
      }),
    ),
    assignedUsers: z.array(z.strictObject({ id, name: id })).max(1_000),
    failOnReject: z.boolean(),
    targets: z.record(z.string(), id).optional(),
  }),
]);
const advice = z.strictObject({
  delay: z.number().min(0).max(31_536_000).optional(),
  reason: z.string().max(500).optional(),
});
const jsonObject = z.record(z.string(), z.json());
const assetText = z.string().max(1_500);
const outletEvent = z.strictObject({
  asset: z.strictObject({
    name: assetText,
    uri: assetText,
    group: assetText,
    extra: jsonObject.optional(),
  }),
  alias: assetText.optional(),
  extra: jsonObject,
});
const ending = z.discriminatedUnion("kind", [
  z.strictObject({
    kind: z.literal("success"),
    result: z.string().optional(),
    outletEvents: z.array(outletEvent).max(10_000).optional(),
    ...rendered,
  }),
  z.strictObject({ kind: z.literal("skipped"), message: z.string().optional(), ...rendered }),
  z.strictObject({ kind: z.literal("reschedule"), ...rendered }),
  z.strictObject({ kind: z.literal("deferred"), wait, ...rendered }),
  z.strictObject({
    kind: z.literal("failed"),
    retry: z.boolean(),
    error,
    advice: advice.optional(),
    ...rendered,
  }),
  z.strictObject({
    kind: z.literal("died"),
    reason: z.string(),
    timedOut: z.boolean().optional(),
  }),
]);
const question = z.discriminatedUnion("method", [
  z.strictObject({ method: z.literal("getVariable"), args: z.strictObject({ key: id }) }),
  z.strictObject({
    method: z.literal("setVariable"),
    args: z.strictObject({ key: id, value: z.string() }),
  }),
  z.strictObject({ method: z.literal("getConnection"), args: z.strictObject({ connId: id }) }),
  z.strictObject({
    method: z.literal("getXCom"),
    args: z.strictObject({ taskId: id, key: id, mapIndex: z.int().optional() }),
  }),
  z.strictObject({
    method: z.literal("setXCom"),
    args: z.strictObject({ key: id, value: z.string() }),
  }),
  z.strictObject({ method: z.literal("getTaskState"), args: z.strictObject({ key: id }) }),
  z.strictObject({
    method: z.literal("getAssetEvents"),
    args: z.strictObject({ inlet: id.optional() }),
  }),
  z.strictObject({
    method: z.literal("putTaskState"),
    args: z.strictObject({ key: id, value: z.string().optional() }),
  }),
  z.strictObject({
    method: z.literal("getAssetState"),
    args: z.strictObject({ asset: id.optional(), key: id }),
  }),
  z.strictObject({
    method: z.literal("putAssetState"),
    args: z.strictObject({ asset: id.optional(), key: id, value: z.string().optional() }),
  }),
  z.strictObject({
    method: z.literal("clearAssetState"),
    args: z.strictObject({ asset: id.optional() }),
  }),
  z.strictObject({ method: z.literal("getBundleUrl"), args: z.strictObject({}) }),
]);
const capability = z.string().max(20_000);
const MESSAGE = z.discriminatedUnion("action", [
  z.object({
    action: z.literal("begin"),
    dagId: id,
    runId: id,
    clearNumber: count,
    signature: z.string().max(1_000),
    taskId: id,
    requestId: z.string().max(100).optional(),
    mapIndex: z.int().optional(),
    token: z.string().max(10_000).optional(),
    // One less than none for a try that a call of the engine began.
    pokes: z.int().min(-1).optional(),
    isDead: z.boolean().optional(),
    callId: z.string().max(100).optional(),
  }),
  z.strictObject({ action: z.literal("ask"), capability, question }),
  z.strictObject({ action: z.literal("append"), capability, entries }),
  z.strictObject({ action: z.literal("look"), capability }),
  z.strictObject({
    action: z.literal("end"),
    capability,
    report: z.strictObject({ ending, entries }),
  }),
  z.strictObject({ action: z.literal("upload"), capability }),
]);
const STORED = z.strictObject({ action: z.literal("stored"), key: z.string().max(1_000) });

export function isExecutionMessage(value: unknown): value is ExecutionMessage {
  return MESSAGE.safeParse(value).success;
}

export function isStoredMessage(value: unknown): value is StoredMessage {
  return STORED.safeParse(value).success;
}
