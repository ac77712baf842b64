// The metadata database: the system of record. Every write of state is conditional, so that late,
// doubled and reordered events do no harm; every method maps to a few DynamoDB calls.
import type {
  DagFileRecord,
  DagRecord,
  DagRunRecord,
  DagVersionRecord,
  GateRecord,
  TaskInstanceKey,
  TaskInstanceRecord,
  VariableRecord,
  XComRecord,
} from "../model/records.ts";
import type { DagRunState, TaskInstanceState } from "../model/states.ts";

/** A page of a listing; `next` continues it and is absent on the last page. */
export interface Page<T> {
  readonly items: readonly T[];
  readonly next?: string;
}

export interface PageRequest {
  /** At most so many items; 100 when absent. */
  readonly limit?: number;
  /** `next` of the page before. */
  readonly after?: string;
}

/** Fields to set on a record; an optional one that is given as undefined is removed. */
export type Changes<T> = {
  readonly [K in keyof T]?: Partial<Pick<T, K>> extends Pick<T, K> ? T[K] | undefined : T[K];
};

export interface DagStore {
  getDag(dagId: string): Promise<DagRecord | undefined>;
  /** Every DAG, by id. */
  listDags(page?: PageRequest): Promise<Page<DagRecord>>;
  /** Writes the record if the stored revision is `record.revision - 1` (0: not there yet); false if it isn't. */
  putDag(record: DagRecord): Promise<boolean>;
  /** Removes the DAG with its versions, runs, task instances and XComs. Repeating is safe. */
  deleteDag(dagId: string): Promise<void>;
  /** Stores a version once; a second write of the same hash changes nothing and answers false. */
  createDagVersion(version: DagVersionRecord): Promise<boolean>;
  getDagVersion(dagId: string, hash: string): Promise<DagVersionRecord | undefined>;
  /** Newest first. */
  listDagVersions(dagId: string): Promise<readonly DagVersionRecord[]>;

  getDagFile(file: string): Promise<DagFileRecord | undefined>;
  putDagFile(record: DagFileRecord): Promise<void>;
  deleteDagFile(file: string): Promise<void>;
  /** Every DAG file, by path. */
  listDagFiles(): Promise<readonly DagFileRecord[]>;
}

export interface RunChange {
  readonly dagId: string;
  readonly runId: string;
  /** The change is refused unless the run is in one of these states. */
  readonly from: readonly DagRunState[];
  /** The change is refused unless the run has this clear number; absent: any. */
  readonly clearNumber?: number;
  readonly set: Changes<Omit<DagRunRecord, "dagId" | "runId">>;
}

export interface RunFilter extends PageRequest {
  /** Absent: runs of every DAG. */
  readonly dagId?: string;
  readonly states?: readonly DagRunState[];
}

export interface RunStore {
  /** RequestRefused ("exists") when the DAG has a run with this id, or with this logical date if it has one. */
  createRun(run: DagRunRecord): Promise<"created" | "exists">;
  getRun(dagId: string, runId: string): Promise<DagRunRecord | undefined>;
  /** The changed record, or undefined if the condition did not hold. */
  updateRun(change: RunChange): Promise<DagRunRecord | undefined>;
  /** Newest `runAfter` first. */
  listRuns(filter: RunFilter): Promise<Page<DagRunRecord>>;
  /** All queued and running runs of the DAG, or of every DAG; oldest `runAfter` first. */
  listActiveRuns(dagId?: string): Promise<readonly DagRunRecord[]>;
  /** The scheduled or backfill run with the latest logical date. */
  getLatestAutomatedRun(dagId: string): Promise<DagRunRecord | undefined>;
  /** The run with the latest logical date before the given one; `automatedOnly` leaves out manual runs. */
  getPreviousRun(query: {
    readonly dagId: string;
    readonly logicalDate: string;
    readonly automatedOnly: boolean;
  }): Promise<DagRunRecord | undefined>;
}

export interface TaskInstanceChange {
  readonly key: TaskInstanceKey;
  /** The change is refused unless the instance is in one of these states (null: None, or no record yet). */
  readonly from: readonly (TaskInstanceState | null)[];
  /** The change is refused unless this is the instance's try number; absent: any. */
  readonly tryNumber?: number;
  /** The change is refused unless the instance, a sensor, was poked so often; absent: any. */
  readonly pokes?: number;
  readonly set: Changes<Omit<TaskInstanceRecord, keyof TaskInstanceKey>>;
  /** XComs stored together with the change, or not at all. */
  readonly xcoms?: readonly XComRecord[];
}

export interface TaskInstanceStore {
  getTaskInstance(key: TaskInstanceKey): Promise<TaskInstanceRecord | undefined>;
  /** Those with a record, of the whole run or of the tasks named. */
  listTaskInstances(query: {
    readonly dagId: string;
    readonly runId: string;
    readonly taskIds?: readonly string[];
  }): Promise<readonly TaskInstanceRecord[]>;
  /** The changed record, or undefined if the condition did not hold. */
  updateTaskInstance(change: TaskInstanceChange): Promise<TaskInstanceRecord | undefined>;
  /** Whether the task has a record in any run of its DAG. */
  hasTaskInstance(dagId: string, taskId: string): Promise<boolean>;

  /** Replaces the gate of the same task instance. */
  putGate(gate: GateRecord): Promise<void>;
  listGates(query: {
    readonly dagId: string;
    readonly runId: string;
    readonly taskIds?: readonly string[];
  }): Promise<readonly GateRecord[]>;
  /** Removes the gate if it still has this token; true for the one caller that removed it. */
  takeGate(gate: GateRecord): Promise<boolean>;
}

export interface ValueStore {
  putXCom(xcom: XComRecord): Promise<void>;
  getXCom(key: TaskInstanceKey, name: string): Promise<XComRecord | undefined>;
  /** The XComs of one task instance, by key. */
  listXComs(key: TaskInstanceKey): Promise<readonly XComRecord[]>;
  deleteXComs(key: TaskInstanceKey): Promise<void>;

  /** A value that a task keeps across its tries (JSON text). */
  getTaskState(key: TaskInstanceKey, name: string): Promise<string | undefined>;
  /** Without a value, removes it. */
  putTaskState(key: TaskInstanceKey, name: string, value: string | undefined): Promise<void>;
  /** Writes `to` if the stored value is `from` (undefined: none); false if it isn't. */
  replaceTaskState(
    key: TaskInstanceKey,
    name: string,
    change: { readonly from: string | undefined; readonly to: string },
  ): Promise<boolean>;

  getVariable(key: string): Promise<VariableRecord | undefined>;
  putVariable(variable: VariableRecord): Promise<void>;
  deleteVariable(key: string): Promise<void>;
  /** By key. */
  listVariables(page?: PageRequest): Promise<Page<VariableRecord>>;
}

/**
 * Errors of the storage itself are thrown, those that no other attempt would mend with `isPermanent: true`. A promise that has resolved is durable: it survives the death of the
 * process and of the machine.
 */
export interface Metadata extends DagStore, RunStore, TaskInstanceStore, ValueStore {}
