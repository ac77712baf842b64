// What every group of routes works with, and the look-ups that they share.
import type { Hono } from "hono";
import type { DagRecord, DagRunRecord } from "../model/records.ts";
import type { Platform } from "../ports/platform.ts";
import type { AccessServices } from "../services/access/access-services.ts";
import type { Backfills } from "../services/backfills/backfills.ts";
import type { Version, Versions } from "../services/dag-processing/versions.ts";
import type { Limits } from "../services/limits/limits.ts";
import type { RunControl } from "../services/runs/run-control.ts";
import type { Inputs } from "../services/tasks/waits/inputs.ts";
import type { Principal } from "./access/principal.ts";
import { Problem } from "./problems.ts";
import type { Setting } from "./settings.ts";

/** What a request has in its context. */
export interface ApiEnv {
  readonly Variables: {
    /** Who asks; set by what lets requests in. */
    readonly principal: Principal;
  };
}

/** In a path instead of an id: all of them, where Airflow's document says so. */
export const ANY = "~";

/** Routes are added to it. */
export type Api = Hono<ApiEnv>;

export interface ApiContext {
  readonly platform: Platform;
  readonly services: {
    readonly versions: Versions;
    readonly runControl: RunControl;
    readonly backfills: Backfills;
    readonly limits: Pick<Limits, "poolChanged">;
    readonly inputs: Inputs;
  };
  /** Users, roles and tokens. */
  readonly access: AccessServices;
  /** Hears of a request to parse a file, to do so at once; absent: it waits for its turn. */
  readonly onParseRequested?: () => void;
  /** What `/config` shows; absent: it is not exposed. */
  readonly settings?: readonly Setting[];
  /** Version of the product. */
  readonly version: string;
  /** Whether connections are tested (Airflow: core.test_connection). */
  readonly testsConnections: boolean;
  /** Of answers that can pass; absent: any can. */
  readonly maxAnswerBytes?: number;
  /** Seconds for which a heartbeat counts; absent: the components live in this process. */
  readonly heartbeatSeconds?: number;
  /** Seconds for which an answer may go on; absent: for ever. */
  readonly longestWaitSeconds?: number;
  /**
   * Absolute path of the DAG folder, for `fileloc`; absent when DAG files have no place on this
   * machine.
   */
  readonly dagsFolder?: string;
}

/** Throws the 404 of Airflow when the DAG isn't there. */
export async function dagOf({ platform }: ApiContext, dagId: string): Promise<DagRecord> {
  const dag = await platform.metadata.dags.get(dagId);
  if (!dag) throw new Problem(404, `The Dag with ID: \`${dagId}\` was not found`);
  return dag;
}

/** The run with the version that it stays on; throws the 404 of Airflow when it isn't there. */
export async function runOf(
  context: ApiContext,
  { dagId, runId }: { readonly dagId: string; readonly runId: string },
): Promise<{ readonly run: DagRunRecord; readonly version: Version }> {
  const run = await context.platform.metadata.runs.get(dagId, runId);
  if (!run) {
    throw new Problem(
      404,
      `The DagRun with dag_id: \`${dagId}\` and run_id: \`${runId}\` was not found`,
    );
  }
  return { run, version: await context.services.versions.get(dagId, run.versionHash) };
}
