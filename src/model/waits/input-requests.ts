// Questions to people that tasks wait for, as every adapter stores them, and their answers. Times
// are UTC ISO 8601 text.
import type { TaskInstanceKey } from "../records.ts";
import type { JsonObject } from "../values/json.ts";
import type { InputWait } from "./waits.ts";

/** Somebody who may answer, or has answered. */
export interface Person {
  readonly id: string;
  readonly name: string;
}

/** A question to people that a try waits for (Airflow: HITLDetail). */
export interface InputRequestRecord
  extends TaskInstanceKey,
    Omit<InputWait, "kind" | "failOnReject" | "targets"> {
  /** Made of the try. */
  readonly key: string;
  readonly tryNumber: number;
  /** When the try that asks has started: tells it from one of an earlier DAG with the same ids. */
  readonly askedBy: string;
  readonly createdAt: string;
  readonly response?: InputResponse;
}

/**
 * What leads to a question without an answer. It is written before the question, and may be left
 * when that was answered.
 */
export interface OpenInputRequestRecord {
  /** That of the question. */
  readonly key: string;
  readonly writtenAt: string;
}

/** The answer that counts. */
export interface InputResponse {
  readonly chosenOptions: readonly string[];
  readonly paramsInput: JsonObject;
  readonly respondedAt: string;
  /** Null where nobody has answered in time. */
  readonly respondedBy: Person | null;
}
