// Platform: all that the product needs from outside, one of each port. Adapters make one; services
// take it.
import type { ProductEvent } from "../model/product-events.ts";
import type { DagLoader } from "./dag-loader.ts";
import type { Bundles, DagSource } from "./dag-source.ts";
import type { EncryptionKeys } from "./encryption-keys.ts";
import type { Metadata } from "./metadata.ts";
import type { Notifications } from "./notifications.ts";
import type { Schedules } from "./schedules.ts";
import type { Secrets } from "./secrets.ts";
import type { StateMachines } from "./state-machines.ts";
import type { TaskLogs } from "./task-logs.ts";
import type { TaskRunner } from "./task-runner.ts";
import type { Triggers } from "./triggers.ts";
import type { XComs } from "./xcoms.ts";

export interface Clock {
  /** Epoch milliseconds. */
  now(): number;
  /** Resolves after so many milliseconds; at once when the signal is aborted. */
  sleep(ms: number, signal?: AbortSignal): Promise<void>;
}

/** The product's own log: what operators of a deployment read. */
export interface Reporter {
  /** The event says the same as the message, to programs. */
  info(message: string, event?: ProductEvent): void;
  warn(message: string, fields?: Readonly<Record<string, unknown>>): void;
  error(message: string, fields?: Readonly<Record<string, unknown>>): void;
}

/** Tells that something was written, to those who then look what. */
export interface ChangeSource {
  /** Calls back after each write of this process, until what it answers is called. */
  listen(heard: () => void): () => void;
}

export interface Platform {
  readonly metadata: Metadata;
  /** Of the metadata; absent where other processes write them. */
  readonly changes?: ChangeSource;
  readonly xcoms: XComs;
  readonly logs: TaskLogs;
  /** The environment and the secrets store; what is stored in the metadata comes after it. */
  readonly secrets: Secrets;
  /** Of what is stored in the metadata. */
  readonly encryptionKeys: EncryptionKeys;
  readonly source: DagSource;
  readonly bundles: Bundles;
  readonly loader: DagLoader;
  readonly runner: TaskRunner;
  readonly stateMachines: StateMachines;
  readonly schedules: Schedules;
  readonly triggers: Triggers;
  readonly notifications: Notifications;
  readonly clock: Clock;
  readonly report: Reporter;
  /** Eight random characters of a–z and 0–9, for run ids. */
  randomId(): string;
}
