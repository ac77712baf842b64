// Runs a DAG over a range of days in virtual time: the product's own planner, compiler, interpreter
// and services over a database in memory, with told outcomes in the place of user code.
import { compile } from "../../compiler/compile.ts";
import type { DagDocument } from "../../model/document.ts";
import { instancesOfRun } from "../../model/mapping/instances.ts";
import type { DagRunRecord, PoolRecord, TaskInstanceRecord } from "../../model/records.ts";
import type { Metadata } from "../../ports/metadata.ts";
import type { Reporter } from "../../ports/platform.ts";
import { createServices, type Services } from "../../services/services.ts";
import { createLocalStateMachines, LOCAL_FUNCTIONS } from "../interpreter-state-machines.ts";
import { createSqliteMetadata } from "../sqlite/metadata.ts";
import { createTimerTriggers } from "../timer-triggers.ts";
import { ABSENT } from "./absent-ports.ts";
import { countOpenCalls } from "./open-calls.ts";
import type { Outcomes } from "./outcomes.ts";
import { playOutcomes } from "./play-outcomes.ts";
import { createVirtualClock, createVirtualSchedules, type VirtualClock } from "./virtual-clock.ts";
import { createVirtualRunner } from "./virtual-runner.ts";

export interface SimulationRequest {
  readonly document: DagDocument;
  /** Logical dates from here to there, both included; epoch ms. */
  readonly from: number;
  readonly to: number;
  readonly outcomes: Outcomes;
}

export interface SimulatedRun {
  readonly run: DagRunRecord;
  readonly instances: readonly TaskInstanceRecord[];
}

export interface Simulation {
  /** In the order in which they started; those that never did come last. */
  readonly runs: readonly SimulatedRun[];
  /** Runs, and tries, that went on at the same time at most. */
  readonly peakRuns: number;
  readonly peakTasks: number;
  /** Warnings of the product, such as that the DAG is paused after many failures. */
  readonly reports: readonly string[];
}

/** More runs than a person reads, and than fit into memory with ease. */
export const MOST_RUNS = 20_000;
const HASH = "simulated";

/** The range would give more runs than `MOST_RUNS`. */
export class TooManyRuns extends Error {}

/**
 * Time begins at `from`, as if the DAG had been live and up to date then, and goes on after `to`
 * until the runs that were made have ended. Nothing outside is touched.
 */
export async function simulate(request: SimulationRequest): Promise<Simulation> {
  const store = createSqliteMetadata({ file: ":memory:" });
  const calls = countOpenCalls();
  const clock = createVirtualClock(request.from);
  const reports: string[] = [];
  const report: Reporter = {
    info() {},
    warn: (message) => reports.push(message),
    error: (message) => reports.push(message),
  };
  const peak = createPeak();
  try {
    const document = withinRange(request);
    const metadata = calls.watchStores(store);
    for (const pool of poolsOf(request)) await store.pools.put(pool);
    const engine = boot({ metadata, clock, report, document, outcomes: request.outcomes, peak });
    await engine.publish(document);
    await passAll(store, {
      clock,
      dagId: document.dagId,
      isBusy: () => calls.isOpen() || engine.isGiving(),
    });
    const runs = await readRuns(store, document);
    return { runs, peakRuns: peakOfRuns(runs), peakTasks: peak.most, reports };
  } finally {
    await store.close();
  }
}

/**
 * The DAG as it is from the beginning of the range on. Runs that it would have made up for before
 * that are not of interest, and none begins behind the range.
 */
function withinRange({ document, from, to }: SimulationRequest): DagDocument {
  const { startDate, endDate, isPausedUponCreation: _, ...rest } = document;
  const latest = (dates: number[]) => new Date(Math.max(...dates)).toISOString();
  const dates = startDate === undefined ? [from] : [from, Date.parse(startDate)];
  const end = endDate === undefined ? to : Math.min(to, Date.parse(endDate));
  return { ...rest, startDate: latest(dates), endDate: new Date(end).toISOString() };
}

function poolsOf({ document, outcomes }: SimulationRequest): readonly PoolRecord[] {
  const named = document.tasks.flatMap(({ pool }) => pool ?? []);
  return [...new Set([...named, ...outcomes.pools.keys()])].map((pool) => ({
    pool,
    slots: outcomes.pools.get(pool) ?? -1,
    includeDeferred: false,
  }));
}

interface Parts {
  readonly metadata: Metadata;
  readonly clock: VirtualClock;
  readonly report: Reporter;
  readonly document: DagDocument;
  readonly outcomes: Outcomes;
  readonly peak: Peak;
}

interface Engine {
  isGiving(): boolean;
  publish(document: DagDocument): Promise<void>;
}

function boot({ metadata, clock, report, document, outcomes, peak }: Parts): Engine {
  const runner = createVirtualRunner({
    clock,
    threads: Number.POSITIVE_INFINITY,
    fetch: async () => undefined,
    play: playOutcomes(document, outcomes),
    onTry: peak.begin,
    onTryEnd: peak.end,
    onCallbacks() {},
  });
  const schedules = createVirtualSchedules({
    clock,
    report,
    onDue: (dagId) => services.scheduler.schedule(dagId),
  });
  const timers = createTimerTriggers({
    clock,
    report,
    onDue: (message, signal) => services.triggerer.handle(message, signal),
  });
  const stateMachines = createLocalStateMachines({
    metadata,
    clock,
    report,
    functions: () => ({
      worker: (event, signal) => services.worker.execute(event, signal),
      recorder: (event) => services.recorder.handle(event),
      defer: timers.defer,
      async failed({ dagId, runId }) {
        const run = await metadata.runs.get(dagId, runId);
        if (run) await services.recorder.abandon(run, "task_failure");
        await services.scheduler.schedule(dagId);
      },
    }),
    onStop: timers.forget,
  });
  const triggers = { set: timers.set, setAll: timers.setAll };
  const used = { metadata, clock, report, runner, schedules, stateMachines, triggers };
  const services: Services = createServices({ ...ABSENT, xcoms: NO_XCOMS, ...used });
  return {
    isGiving: () => runner.isGiving(),
    publish: (drawn) => publish({ metadata, clock, stateMachines, services }, drawn),
  };
}

/** Results are short here, so none is kept outside of the metadata. */
const NO_XCOMS = {
  put: async () => "",
  get: async () => "null",
  deleteDag: async () => {},
  deleteRun: async () => {},
};

async function publish(
  {
    metadata,
    clock,
    stateMachines,
    services,
  }: Pick<Parts, "metadata" | "clock"> & {
    readonly stateMachines: ReturnType<typeof createLocalStateMachines>;
    readonly services: Services;
  },
  document: DagDocument,
): Promise<void> {
  const { dagId } = document;
  const { definition, gates } = compile(document, { functions: LOCAL_FUNCTIONS });
  await stateMachines.publish({ dagId, hash: HASH, definition });
  const createdAt = new Date(clock.now()).toISOString();
  const shared = { dagId, file: "simulated.ts" };
  const version = { ...shared, hash: HASH, number: 1, createdAt, bundleHash: HASH };
  await metadata.versions.create({ ...version, document, gates });
  await metadata.dags.put({
    ...shared,
    isPaused: false,
    isStale: false,
    versionHash: HASH,
    versionNumber: 1,
    lastParsedAt: createdAt,
    revision: 1,
  });
  await services.scheduler.schedule(dagId);
}

/** Lets time pass from one moment at which something happens to the next, until nothing does. */
async function passAll(
  store: Metadata,
  {
    clock,
    dagId,
    isBusy,
  }: { readonly clock: VirtualClock; readonly dagId: string; readonly isBusy: () => boolean },
): Promise<void> {
  const settle = async () => {
    do await new Promise<void>((resolve) => setImmediate(resolve));
    while (isBusy());
  };
  await settle();
  let steps = 0;
  for (let next = clock.nextAt; next < Infinity; next = clock.nextAt) {
    clock.advanceTo(next);
    await settle();
    steps += 1;
    if (steps % 1_000 !== 0) continue;
    const count = await store.runs.count({ dagId });
    if (count > MOST_RUNS) throw new TooManyRuns();
  }
}

async function readRuns(store: Metadata, document: DagDocument): Promise<readonly SimulatedRun[]> {
  const { dagId } = document;
  const found: SimulatedRun[] = [];
  let after: string | undefined;
  do {
    const page = await store.runs.list({
      dagId,
      oldestFirst: true,
      limit: 1_000,
      ...(after === undefined ? {} : { after }),
    });
    for (const run of page.items) {
      const records = await store.taskInstances.list({ dagId, runId: run.runId });
      found.push({ run, instances: instancesOfRun(document, records, run) });
    }
    after = page.next;
  } while (after !== undefined);
  const startOf = ({ run }: SimulatedRun) => Date.parse(run.startDate ?? "") || Infinity;
  return found.sort((a, b) => startOf(a) - startOf(b));
}

function peakOfRuns(runs: readonly SimulatedRun[]): number {
  const changes = runs.flatMap(({ run: { startDate, endDate } }) =>
    startDate === undefined
      ? []
      : [{ at: startDate, by: 1 }, ...(endDate === undefined ? [] : [{ at: endDate, by: -1 }])],
  );
  // A run that starts the moment another ends is not beside it.
  changes.sort((a, b) => (a.at === b.at ? a.by - b.by : a.at < b.at ? -1 : 1));
  let [now, most] = [0, 0];
  for (const { by } of changes) {
    now += by;
    most = Math.max(most, now);
  }
  return most;
}

interface Peak {
  readonly most: number;
  begin(): void;
  end(): void;
}

function createPeak(): Peak {
  let [now, most] = [0, 0];
  return {
    get most() {
      return most;
    },
    begin() {
      now += 1;
      most = Math.max(most, now);
    },
    end() {
      now -= 1;
    },
  };
}
