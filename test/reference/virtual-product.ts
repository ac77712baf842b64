// The product in virtual time: real compiler, interpreter, services and metadata; user code is a
// script of outcomes and durations. A day passes in milliseconds, and the start of every task can
// be compared to the moment.
import { compile } from "../../src/compiler/compile.ts";
import { statesOf } from "../../src/compiler/machine-size.ts";
import {
  createLocalStateMachines,
  LOCAL_FUNCTIONS,
  type LocalStateMachines,
} from "../../src/local/interpreter-state-machines.ts";
import { ABSENT } from "../../src/local/simulation/absent-ports.ts";
import {
  createVirtualClock,
  createVirtualSchedules,
  type VirtualClock,
} from "../../src/local/simulation/virtual-clock.ts";
import {
  createVirtualRunner,
  type Script,
  type SeenTry,
  type VirtualRunner,
} from "../../src/local/simulation/virtual-runner.ts";
import { createSqliteMetadata } from "../../src/local/sqlite/metadata.ts";
import { createTimerTriggers, type TimerTriggers } from "../../src/local/timer-triggers.ts";
import type { StateMachine } from "../../src/model/asl.ts";
import type { DagDocument } from "../../src/model/document.ts";
import type { DagRunRecord, TaskInstanceRecord } from "../../src/model/records.ts";
import { isPlanMessage } from "../../src/model/scheduling/plan-messages.ts";
import { supersede } from "../../src/model/scheduling/version-retention.ts";
import type { CallbackCall } from "../../src/model/task-call.ts";
import type { Metadata } from "../../src/ports/metadata.ts";
import type { Reporter } from "../../src/ports/platform.ts";
import type { StateMachines, VersionName } from "../../src/ports/state-machines.ts";
import type { Triggers } from "../../src/ports/triggers.ts";
import { createServices, type Services } from "../../src/services/services.ts";
import { createTriggerer } from "../../src/services/tasks/triggerer.ts";
import type { Worker } from "../../src/services/tasks/worker.ts";
import { createVirtualCloud, type VirtualCloud } from "./cloud/virtual-cloud.ts";
import { apartFrom } from "./split-worker.ts";
import type { VirtualProductOptions } from "./virtual-product-options.ts";
import { type Faults, IMMORTAL, type Life, type StoreCall, watchCalls } from "./watched-calls.ts";

/** What a run came to. Times are seconds from its start. */
export interface Observed {
  readonly runState: string;
  /** When the run ended; NaN if it didn't. */
  readonly end: number;
  readonly states: ReadonlyMap<string, string>;
  /** Start of the last try of each task that ran. */
  readonly starts: ReadonlyMap<string, number>;
  /** Complaints of the product; empty when all is well. */
  readonly reports: readonly string[];
}

/** The engine dies at this second, when so many turns of the event loop have passed in it. */
export interface Death {
  readonly at: number;
  readonly turns: number;
}

export interface VirtualProduct {
  readonly metadata: Metadata;
  readonly clock: VirtualClock;
  /** Of the engine that lives now. */
  readonly services: Services;
  /** What was seen of AWS's limits; absent where there are none. */
  readonly cloud: VirtualCloud | undefined;
  /** All tries since the product began, or since `run` was called, in the order of their starts. */
  readonly tries: readonly SeenTry[];
  /** All calls of callbacks, in order. */
  readonly callbacks: readonly CallbackCall[];
  /** Warnings and errors of the product. */
  readonly reports: readonly string[];
  /** Hashes of the versions whose machines were removed, in order. */
  readonly removedMachines: readonly string[];
  /** What tasks do from now on; at first, they succeed at once and return nothing. */
  play(script: Script): void;
  /**
   * Makes the document the DAG's latest version and plans the DAG; a second document of a DAG is
   * its second version.
   */
  publish(document: DagDocument): Promise<void>;
  /** The next call of this method whose first argument passes the test throws and does nothing. */
  breakNext(method: StoreCall | keyof StateMachines, test?: (argument: unknown) => boolean): void;
  /** So many times the code of a try can't be fetched from now on. */
  breakFetches(count: number): void;
  /** From now on the product's calls fail at random so; undefined ends that. */
  disturb(faults: Faults | undefined): void;
  /** Lets all happen that needs no time to pass. */
  settle(): Promise<void>;
  /** Lets time pass until this moment (epoch ms), and all happen that is due until then. */
  passTo(moment: number): Promise<void>;
  /**
   * The same until nothing waits for time to pass any more: not for DAGs with an endless schedule.
   */
  passAll(): Promise<void>;
  /**
   * The process dies after so many turns of the event loop, and starts again so many seconds later;
   * 0 both by default.
   */
  die(how?: { readonly turns?: number; readonly downFor?: number }): Promise<void>;
  getRun(dagId: string, runId: string): Promise<DagRunRecord>;
  /** Instances of a run by task id. */
  getTasks(dagId: string, runId: string): Promise<Readonly<Record<string, TaskInstanceRecord>>>;
  /**
   * Runs the document once as a DAG of its own, from the beginning of time, with the engine's
   * deaths given.
   */
  run(document: DagDocument, script: Script, deaths?: readonly Death[]): Promise<Observed>;
  close(): Promise<void>;
}

/** Early, so that fractions of a second keep their precision in epoch milliseconds. */
export const BEGIN = Date.UTC(1970, 0, 2);

export function createVirtualProduct(options: VirtualProductOptions = {}): VirtualProduct {
  const store: NonNullable<VirtualProductOptions["store"]> =
    options.store ?? createSqliteMetadata({ file: ":memory:" });
  const calls = watchCalls();
  const metadata = calls.watchMetadata(store, IMMORTAL);
  const clock = createVirtualClock(BEGIN);
  const reports: string[] = [];
  const removedMachines: string[] = [];
  const callbacks: CallbackCall[] = [];
  let tries: SeenTry[] = [];
  /** What is published lives on when the engine dies. */
  let published = new Map<string, PublishedDag>();
  let script: Script = () => ({ seconds: 0, ending: { kind: "success" } });
  let runs = 0;
  let brokenFetches = 0;

  const report: Reporter = {
    info() {},
    warn: (message) => reports.push(message),
    error: (message) => reports.push(message),
  };

  /** A new engine over what the metadata holds, as after the start of a process. */
  function boot(): Engine {
    const life = { isOver: false };
    const runner = createVirtualRunner({
      clock,
      threads: options.threads ?? Infinity,
      limit: options.apart?.limit,
      silentDeath: options.silentDeath,
      async fetch() {
        if (brokenFetches === 0) return;
        brokenFetches -= 1;
        throw new Error("the storage is out of order");
      },
      play: (call) => script(call),
      onTry: (seen) => tries.push(seen),
      onCallbacks: (call) => callbacks.push(call),
    });
    const metadata = calls.watchMetadata(store, life);
    const xcoms = calls.watch(options.xcoms ?? ABSENT.xcoms, life);
    const schedules = createVirtualSchedules({
      clock,
      report,
      onDue: (dagId) => services.scheduler.schedule(dagId),
    });
    const timers = createTimerTriggers({
      clock,
      report,
      onDue: (message, signal) =>
        cloud ? cloud.deliver(message) : triggerer().handle(message, signal),
    });
    const triggers: Triggers = {
      async set(trigger) {
        const isPlan = isPlanMessage(trigger);
        const copies = (isPlan ? undefined : options.apart?.copies?.(trigger)) ?? 1;
        for (let count = 0; count < copies; count += 1) await timers.set(trigger);
      },
      async setAll(all) {
        for (const trigger of all) await triggers.set(trigger);
      },
    };
    const local = createLocalStateMachines({
      metadata,
      clock,
      report,
      functions: () =>
        cloud?.functions ?? {
          worker: (event, signal) => calls.invoke(() => work(event, signal)),
          recorder: (event) => calls.invoke(() => services.recorder.handle(event)),
          defer: timers.defer,
          async failed({ dagId, runId }) {
            const run = await metadata.runs.get(dagId, runId);
            if (run) await services.recorder.abandon(run, "task_failure");
            await services.scheduler.schedule(dagId);
          },
        },
      onStop: timers.forget,
    });
    const cloud: VirtualCloud | undefined =
      options.cloud &&
      createVirtualCloud(options.cloud, {
        clock,
        worker: (event) => calls.invoke(() => work(event, NEVER)),
        recorder: (event) => calls.invoke(() => services.recorder.handle(event)),
        triggerer: (message) => apart.handle(message, NEVER),
        ended: (input) => services.recorder.executionEnded(input),
        send: timers.defer,
        stop: (input) => void local.stop(input, "its history is full"),
        parallelsOf: (dagId) => published.get(dagId)?.parallels ?? 0,
      });
    const stateMachines = calls.watch(
      {
        ...(cloud ? cloud.limit(local) : local),
        async remove(version: VersionName) {
          removedMachines.push(version.hash);
          await local.remove(version);
        },
      },
      life,
    );
    const used = { metadata, xcoms, clock, report, runner, schedules, stateMachines, triggers };
    const logs = options.logs ?? ABSENT.logs;
    const platform = { ...ABSENT, ...used, logs };
    const services = createServices(platform);
    const work: Worker["execute"] = options.isSplit
      ? apartFrom(services.worker, platform)
      : services.worker.execute;
    const apart = createTriggerer(
      { ...used, versions: services.versions },
      {
        async worker(event, signal) {
          if (options.apart?.isLost?.(event)) return;
          if (cloud) return cloud.callLater(event);
          work(event, signal).catch((problem) => report.error(String(problem)));
        },
        recorder: async (event) =>
          cloud ? cloud.recordLater(event) : services.recorder.handle(event),
      },
    );
    const triggerer = () => (options.apart ? apart : services.triggerer);
    return { services, stateMachines, timers, runner, life, cloud };
  }

  let engine = boot();

  async function publish(document: DagDocument): Promise<void> {
    const { dagId } = document;
    const { definition, gates } = compile(document, { functions: LOCAL_FUNCTIONS });
    const number = (published.get(dagId)?.number ?? 0) + 1;
    const hash = `v${number}`;
    const parallels = [...statesOf(definition)].filter(({ Type }) => Type === "Parallel").length;
    published.set(dagId, { definition, number, parallels });
    await engine.stateMachines.publish({ dagId, hash, definition });
    const at = new Date(clock.now()).toISOString();
    const shared = { dagId, file: "virtual.ts" };
    const version = { ...shared, hash, number, createdAt: at, bundleHash: hash, document, gates };
    await metadata.versions.create(version);
    const known = await metadata.dags.get(dagId);
    await metadata.dags.put({
      ...shared,
      ...(known ? { superseded: supersede(known, hash) } : {}),
      ...(known?.backfillId === undefined ? {} : { backfillId: known.backfillId }),
      ...(known?.assetsVersion === undefined ? {} : { assetsVersion: known.assetsVersion }),
      isPaused: known?.isPaused ?? document.isPausedUponCreation ?? false,
      isStale: false,
      versionHash: hash,
      versionNumber: number,
      lastParsedAt: at,
      revision: (known?.revision ?? 0) + 1,
    });
    await engine.services.scheduler.schedule(dagId);
  }

  async function settle(): Promise<void> {
    do await turn();
    while (calls.isOpen() || engine.runner.isGiving());
  }

  async function passTo(moment: number): Promise<void> {
    await settle();
    for (let next = clock.nextAt; next <= moment && next < Infinity; next = clock.nextAt) {
      clock.advanceTo(next);
      await settle();
    }
    if (moment < Infinity) clock.advanceTo(moment);
  }

  async function die({ turns = 0, downFor = 0 } = {}): Promise<void> {
    for (let index = 0; index < turns; index += 1) await turn();
    void engine.stateMachines.shutDown();
    void engine.timers.stop();
    engine.life.isOver = true;
    clock.clear();
    clock.set(clock.now() + downFor * 1_000);
    while (calls.isOpen()) await turn();
    engine = boot();
    for (const [dagId, { definition, number }] of published) {
      await engine.stateMachines.publish({ dagId, hash: `v${number}`, definition });
    }
    await engine.services.orphans.adoptAll();
    for (const dagId of published.keys()) await engine.services.scheduler.schedule(dagId);
  }

  async function getTasks(dagId: string, runId: string) {
    const records = await metadata.taskInstances.list({ dagId, runId });
    return Object.fromEntries(records.map((record) => [record.taskId, record]));
  }

  async function run(
    document: DagDocument,
    asked: Script,
    deaths: readonly Death[] = [],
  ): Promise<Observed> {
    runs += 1;
    const dagId = `dag_${runs}`;
    script = asked;
    tries = [];
    reports.length = 0;
    published = new Map();
    clock.set(BEGIN);
    await publish({ ...document, dagId });
    const { runId } = await engine.services.runControl.trigger({ dagId, triggeredBy: "test" });
    for (const { at, turns } of deaths) {
      const moment = BEGIN + at * 1_000;
      for (await settle(); clock.nextAt < moment; await settle()) clock.advanceTo(clock.nextAt);
      clock.advanceTo(moment);
      await die({ turns });
    }
    await passTo(Infinity);
    const ended = await metadata.runs.get(dagId, runId);
    const states = Object.values(await getTasks(dagId, runId));
    return {
      runState: ended?.state ?? "gone",
      end: (Date.parse(ended?.endDate ?? "") - BEGIN) / 1_000,
      states: new Map(states.map(({ taskId, state }) => [taskId, state ?? "none"])),
      starts: new Map(tries.map(({ call, start }) => [call.taskId, (start - BEGIN) / 1_000])),
      reports: [...reports],
    };
  }

  return {
    metadata,
    clock,
    get services() {
      return engine.services;
    },
    get cloud() {
      return engine.cloud;
    },
    get tries() {
      return tries;
    },
    callbacks,
    reports,
    removedMachines,
    play(next) {
      script = next;
    },
    publish,
    breakNext: calls.breakNext,
    breakFetches(count) {
      brokenFetches = count;
    },
    disturb: calls.disturb,
    settle,
    passTo,
    passAll: () => passTo(Infinity),
    die,
    async getRun(dagId, runId) {
      const found = await metadata.runs.get(dagId, runId);
      if (!found) throw new Error(`DAG "${dagId}" has no run "${runId}"`);
      return found;
    },
    getTasks,
    run,
    close: async () => store.close?.(),
  };
}

/**
 * One turn of the event loop; when it is over, all that could go on without waiting has gone on.
 */
function turn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

/** Of calls that nothing ends before they end. */
const NEVER = new AbortController().signal;

interface PublishedDag {
  readonly definition: StateMachine;
  readonly number: number;
  readonly parallels: number;
}

interface Engine {
  readonly services: Services;
  readonly runner: VirtualRunner;
  readonly stateMachines: LocalStateMachines;
  readonly timers: TimerTriggers;
  readonly life: Life;
  readonly cloud: VirtualCloud | undefined;
}
