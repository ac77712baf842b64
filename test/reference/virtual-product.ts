// The product in virtual time: real compiler, interpreter, services and metadata; user code is a script of outcomes and
// durations. A day passes in milliseconds, and the start of every task can be compared to the moment.
import { compile } from "../../src/compiler/compile.ts";
import {
  createLocalStateMachines,
  LOCAL_FUNCTIONS,
  type LocalStateMachines,
} from "../../src/local/interpreter-state-machines.ts";
import { createSqliteMetadata } from "../../src/local/sqlite-metadata.ts";
import type { DagDocument } from "../../src/model/document.ts";
import type { TaskOutcome } from "../../src/model/task-call.ts";
import type { Metadata } from "../../src/ports/metadata.ts";
import type { Clock, Platform, Reporter } from "../../src/ports/platform.ts";
import type { TaskRunner } from "../../src/ports/task-runner.ts";
import { createServices, type Services } from "../../src/services/services.ts";
import type { Script as Plan } from "./run-states.ts";

/** How one try goes: it takes so many seconds and then ends so. */
export interface ScriptedTry {
  readonly seconds: number;
  readonly ending: TaskOutcome | { readonly kind: "died"; readonly reason: string };
}

export type Script = (call: { readonly taskId: string; readonly tryNumber: number }) => ScriptedTry;

/** Each try of a task goes as the plan of the run says; a task that fails does so each time. */
export function toScript(plan: Plan): Script {
  return ({ taskId }) => {
    const { duration = 0, outcome = "success", label, passes } = plan[taskId] ?? {};
    if (outcome === "skipped") return { seconds: duration, ending: { kind: "skipped" } };
    if (outcome === "failed") {
      const error = { name: "Error", message: "as scripted" };
      return { seconds: duration, ending: { kind: "failed", retry: true, error } };
    }
    const result = label === undefined ? passes : label;
    return {
      seconds: duration,
      ending: {
        kind: "success",
        ...(result === undefined ? {} : { result: JSON.stringify(result) }),
      },
    };
  };
}

/** What a run came to. Times are seconds from its start. */
export interface Observed {
  readonly runState: string;
  readonly states: ReadonlyMap<string, string>;
  /** Start of the last try of each task that ran. */
  readonly starts: ReadonlyMap<string, number>;
  /** Complaints of the product; empty when all is well. */
  readonly reports: readonly string[];
}

export interface VirtualProduct {
  /** Runs the document once; the engine dies at each of the moments given, in seconds, and starts again at once. */
  run(document: DagDocument, script: Script, deaths?: readonly Death[]): Promise<Observed>;
  close(): Promise<void>;
}

/** The engine dies at this second, when so many turns of the event loop have passed in it. */
export interface Death {
  readonly at: number;
  readonly turns: number;
}

/** Early, so that fractions of a second keep their precision in epoch milliseconds. */
const BEGIN = Date.UTC(1970, 0, 2);

/** Over SQLite in memory, unless it is given another metadata database. */
export function createVirtualProduct(
  store: Metadata & { close?(): Promise<void> } = createSqliteMetadata({ file: ":memory:" }),
): VirtualProduct {
  const { metadata, isBusy } = countCalls(store);
  const clock = createVirtualClock();
  const reports: string[] = [];
  const report: Reporter = {
    info() {},
    warn: (message) => reports.push(message),
    error: (message) => reports.push(message),
  };
  let script: Script = () => ({ seconds: 0, ending: { kind: "success" } });
  let starts = new Map<string, number>();
  let runs = 0;

  const runner: TaskRunner = {
    async run({ taskId, tryNumber }, { onStart, signal }) {
      if (!(await onStart())) return undefined;
      starts.set(taskId, clock.now());
      const { seconds, ending } = script({ taskId, tryNumber });
      await clock.sleep(seconds * 1_000, signal);
      return signal.aborted ? { kind: "died", reason: "killed" } : ending;
    },
    async runCallbacks() {},
  };

  /** A new engine over what the metadata holds, as after the start of a process. */
  function boot(): { readonly services: Services; readonly stateMachines: LocalStateMachines } {
    const stateMachines = createLocalStateMachines({
      metadata,
      clock,
      report,
      functions: () => ({
        worker: services.worker.execute,
        recorder: services.recorder.handle,
        async failed() {},
      }),
    });
    const services = createServices({ ...ABSENT, metadata, clock, report, runner, stateMachines });
    return { services, stateMachines };
  }

  let engine = boot();

  async function run(
    document: DagDocument,
    asked: Script,
    deaths: readonly Death[] = [],
  ): Promise<Observed> {
    runs += 1;
    const dagId = `dag_${runs}`;
    await publish({ ...document, dagId });
    script = asked;
    starts = new Map();
    reports.length = 0;
    clock.set(BEGIN);
    const open = [...deaths];
    const { runId } = await engine.services.runControl.trigger({ dagId, triggeredBy: "test" });
    for (;;) {
      do await turn();
      while (isBusy());
      const death = open[0];
      if (death && clock.nextAt() >= BEGIN + death.at * 1_000) {
        open.shift();
        await die(death, dagId, runId);
      } else if (!clock.advance()) {
        break;
      }
    }
    const ended = await metadata.getRun(dagId, runId);
    const records = await metadata.listTaskInstances({ dagId, runId });
    return {
      runState: ended?.state ?? "gone",
      states: new Map(records.map(({ taskId, state }) => [taskId, state ?? "none"])),
      starts: new Map([...starts].map(([taskId, at]) => [taskId, (at - BEGIN) / 1_000])),
      reports: [...reports],
    };
  }

  async function die({ at, turns }: Death, dagId: string, runId: string): Promise<void> {
    clock.advanceTo(BEGIN + at * 1_000);
    for (let index = 0; index < turns; index += 1) await turn();
    await engine.stateMachines.shutDown();
    clock.clear();
    while (isBusy()) await turn();
    engine = boot();
    const found = await metadata.getRun(dagId, runId);
    if (found?.state === "running") await engine.services.recorder.resume(found);
  }

  async function publish(document: DagDocument): Promise<void> {
    const { gates } = compile(document, { functions: LOCAL_FUNCTIONS });
    const at = new Date(BEGIN).toISOString();
    const shared = { dagId: document.dagId, file: "random.ts" };
    await metadata.createDagVersion({
      ...shared,
      hash: "v1",
      number: 1,
      createdAt: at,
      bundleHash: "none",
      document,
      gates,
    });
    await metadata.putDag({
      ...shared,
      isPaused: false,
      isStale: false,
      versionHash: "v1",
      versionNumber: 1,
      lastParsedAt: at,
      revision: 1,
    });
  }

  return { run, close: async () => store.close?.() };
}

/** One turn of the event loop; when it is over, all that could go on without waiting has gone on. */
function turn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

/** The same store, and whether a call to it is still open. */
function countCalls(store: Metadata): { readonly metadata: Metadata; isBusy(): boolean } {
  let open = 0;
  const metadata = new Proxy(store, {
    get(target, name) {
      const value: unknown = Reflect.get(target, name);
      if (typeof value !== "function") return value;
      return async (...parameters: unknown[]) => {
        open += 1;
        try {
          return await Reflect.apply(value, target, parameters);
        } finally {
          open -= 1;
        }
      };
    },
  });
  return { metadata, isBusy: () => open > 0 };
}

interface VirtualClock extends Clock {
  set(now: number): void;
  /** Goes to the next moment that something sleeps until; false when nothing sleeps. */
  advance(): boolean;
  advanceTo(now: number): void;
  nextAt(): number;
  /** Forgets all sleepers. */
  clear(): void;
}

function createVirtualClock(): VirtualClock {
  let now = BEGIN;
  let sleepers: { readonly at: number; wake(): void }[] = [];
  const nextAt = () =>
    sleepers.reduce((least, { at }) => Math.min(least, at), Number.POSITIVE_INFINITY);
  function wakeUntil(moment: number): void {
    now = moment;
    const due = sleepers.filter(({ at }) => at <= moment);
    sleepers = sleepers.filter(({ at }) => at > moment);
    for (const { wake } of due) wake();
  }
  return {
    now: () => now,
    set(moment) {
      now = moment;
    },
    sleep: (ms, signal) =>
      new Promise((wake) => {
        const sleeper = { at: now + ms, wake };
        sleepers.push(sleeper);
        signal?.addEventListener("abort", () => {
          sleepers = sleepers.filter((other) => other !== sleeper);
          wake();
        });
      }),
    advance() {
      const moment = nextAt();
      if (moment === Number.POSITIVE_INFINITY) return false;
      wakeUntil(moment);
      return true;
    },
    advanceTo: wakeUntil,
    nextAt,
    clear() {
      sleepers = [];
    },
  };
}

/** What these runs have no use for. */
const ABSENT: Pick<
  Platform,
  | "xcoms"
  | "logs"
  | "secrets"
  | "source"
  | "bundles"
  | "loader"
  | "schedules"
  | "notifications"
  | "randomId"
> = {
  xcoms: {
    put: async () => unused("xcoms"),
    get: async () => unused("xcoms"),
    deleteDag: async () => {},
  },
  logs: {
    append: async () => {},
    read: async () => ({ entries: [], next: "" }),
    deleteDag: async () => {},
  },
  secrets: { getConnection: async () => undefined, getVariable: async () => undefined },
  source: { list: async () => [], read: async () => undefined },
  bundles: { put: async () => {}, has: async () => false, url: async () => unused("bundles") },
  loader: { load: async () => ({ dags: [], diagnostics: [] }) },
  schedules: { set: async () => {}, remove: async () => {} },
  notifications: { publish: async () => {} },
  randomId: () => "aaaaaaaa",
};

function unused(port: string): never {
  throw new Error(`The port ${port} has no part in these runs`);
}
