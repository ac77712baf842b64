// The contract of the executor: every adapter runs it and passes it whole.
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, afterEach, beforeEach, describe, expect, test } from "vitest";
import { type CompileOptions, compile } from "../../src/compiler/compile.ts";
import { createSqliteMetadata } from "../../src/local/sqlite/metadata.ts";
import type { DagDocument } from "../../src/model/document.ts";
import type { Metadata } from "../../src/ports/metadata.ts";
import type { ExecutionInput, StateMachines } from "../../src/ports/state-machines.ts";
import { dagDocument, taskDocument } from "../model/documents.ts";
import { dagRun, dagVersion } from "./records.ts";

export type Payload = Readonly<Record<string, unknown>>;

/**
 * What definitions call: the worker or the recorder, with a payload; throwing is the function's
 * failure. "triggers" gets what they send to the triggerer's queue.
 */
export type CallFunction = (
  functionName: "worker" | "recorder" | "triggers",
  payload: Payload,
) => Promise<void>;

export interface StateMachinesUnderTest {
  readonly stateMachines: StateMachines;
  /** The functions' names in definitions, and the queue's URL. */
  readonly functions: CompileOptions["functions"];
}

const WAIT_MS = 20_000;
/** In which something would have happened, if it could. */
const QUIET_MS = 1_000;

/** `create` gives an engine whose definitions call the functions. */
export function stateMachinesContract(
  name: string,
  create: (options: {
    readonly metadata: Metadata;
    readonly callFunction: CallFunction;
  }) => Promise<StateMachinesUnderTest>,
): void {
  describe(`state machines: ${name}`, () => {
    const metadata = createSqliteMetadata({ file: ":memory:" });
    let calls: { readonly what: string; readonly payload: Payload }[] = [];
    /** Calls that hang until they are let go, as `calls` name them. */
    let held: Map<string, () => void>;
    /** Calls that fail, as `calls` name them. */
    let failing: Set<string>;
    let dags = 0;
    /** Calls of runs that other tests have left don't count. */
    let current = "";
    let engine: StateMachinesUnderTest;

    const callFunction: CallFunction = async (functionName, payload) => {
      if (payload.dagId !== current) return;
      const what = [payload.action ?? functionName, payload.taskId].filter(Boolean).join(" ");
      calls.push({ what, payload });
      if (failing.has(what)) throw new Error("as the test says");
      if (held.has(what)) await new Promise<void>((resolve) => held.set(what, resolve));
    };

    beforeEach(async () => {
      calls = [];
      held = new Map();
      failing = new Set();
      engine ??= await create({ metadata, callFunction });
    });

    afterEach(() => {
      for (const letGo of held.values()) letGo();
    });

    afterAll(() => metadata.close());

    const seen = () => calls.map(({ what }) => what);

    async function waitFor(what: string): Promise<Payload> {
      for (const until = Date.now() + WAIT_MS; Date.now() < until; await sleep(10)) {
        const call = calls.find((each) => each.what === what);
        if (call) return call.payload;
      }
      throw new Error(`"${what}" was not called, only ${seen().join(", ") || "nothing"}`);
    }

    /** A recorded version with a running run; `publish` tells the engine of it. */
    async function prepare(given: Partial<DagDocument>) {
      dags += 1;
      const document = dagDocument({ ...given, dagId: `contract_${Date.now()}_${dags}` });
      const { dagId } = document;
      current = dagId;
      const version = dagVersion({ dagId, hash: `${dags}`.padStart(32, "0"), document });
      const { hash } = version;
      await metadata.versions.create(version);
      await metadata.runs.create(dagRun({ dagId, state: "running", versionHash: hash }));
      const { definition } = compile(document, { functions: engine.functions });
      const input: ExecutionInput = { dagId, runId: dagRun().runId, clearNumber: 0 };
      return {
        dagId,
        hash,
        input,
        executionStatus: (again: Partial<ExecutionInput> = {}) =>
          engine.stateMachines.executionStatus({ dagId, hash, input: { ...input, ...again } }),
        publish: () => engine.stateMachines.publish({ dagId, hash, definition }),
        start: (again: Partial<ExecutionInput> = {}) =>
          engine.stateMachines.start({ dagId, hash, input: { ...input, ...again } }),
      };
    }

    const chain = [taskDocument("a"), taskDocument("b", { upstream: ["a"] })];
    const gated = [taskDocument("a"), taskDocument("g", { upstream: ["a"], dependsOnPast: true })];

    test("a run calls its tasks in their order with its ids, and finishes", async () => {
      const { publish, start, input } = await prepare({ tasks: chain });
      await publish();
      expect(await start()).toBe("started");
      await waitFor("finish");
      expect(calls).toEqual([
        { what: "worker a", payload: { ...input, taskId: "a" } },
        { what: "worker b", payload: { ...input, taskId: "b" } },
        { what: "finish", payload: { ...input, action: "finish" } },
      ]);
    });

    test("a run is started once, and once more when it was cleared", async () => {
      const { publish, start } = await prepare({ tasks: chain });
      await publish();
      held.set("worker a", () => {});
      const answers = [await start(), await start(), await start({ clearNumber: 1 })];
      expect(answers).toEqual(["started", "exists", "started"]);
      await sleep(QUIET_MS);
      expect(calls.map(({ payload }) => payload.clearNumber).sort()).toEqual([0, 1]);
    });

    test("a version may be published again, and starts if it never was", async () => {
      const published = await prepare({ tasks: chain });
      await published.publish();
      await published.publish();
      expect(await published.start()).toBe("started");
      await waitFor("finish");
      calls = [];
      const { start } = await prepare({ tasks: chain });
      expect(await start()).toBe("started");
      await waitFor("finish");
    });

    test("a version that nobody recorded can't be started", async () => {
      const input = { dagId: "none", runId: "x", clearNumber: 0 };
      const start = engine.stateMachines.start({ dagId: "none", hash: "0".repeat(32), input });
      await expect(start).rejects.toThrow("not in the metadata");
    });

    test("a stopped run calls nothing more; one that isn't running is left as it is", async () => {
      const { publish, start, input } = await prepare({ tasks: chain });
      await publish();
      await engine.stateMachines.stop(input, "not started yet");
      held.set("worker a", () => {});
      await start();
      await waitFor("worker a");
      await engine.stateMachines.stop(input, "the test says so");
      held.get("worker a")?.();
      await sleep(QUIET_MS);
      expect(seen()).toEqual(["worker a"]);
      await engine.stateMachines.stop(input, "again");
      await engine.stateMachines.stop({ ...input, runId: "none" }, "no such run");
    });

    test("an execution that is left lets what it has called go on to its end", async () => {
      const { publish, start, input, hash } = await prepare({ tasks: chain });
      await publish();
      const { dagId } = input;
      await engine.stateMachines.leave({ dagId, hash, input }, "not started yet");
      held.set("worker a", () => {});
      await start();
      await waitFor("worker a");
      await engine.stateMachines.leave({ dagId, hash, input }, "another takes its place");
      expect(seen()).toEqual(["worker a"]);
      held.get("worker a")?.();
      await engine.stateMachines.leave({ dagId, hash, input }, "again");
    });

    test("a sensor's state gives the worker its token, and ends when that is released, not when the worker does", async () => {
      const sensor = { pokeInterval: 60, timeout: 60, softFail: false, exponentialBackoff: false };
      const tasks = [taskDocument("s", { sensor }), taskDocument("b", { upstream: ["s"] })];
      const { publish, start, input } = await prepare({ tasks });
      await publish();
      await start();
      const payload = await waitFor("worker s");
      expect(payload).toEqual({ ...input, taskId: "s", token: expect.any(String) });
      await sleep(QUIET_MS);
      expect(seen()).toEqual(["worker s"]);
      await engine.stateMachines.release(String(payload.token));
      await waitFor("finish");
      expect(seen()).toEqual(["worker s", "worker b", "finish"]);
    });

    test("a task whose call has failed sends a message with the error and its token, and ends when that is released", async () => {
      const { publish, start, input } = await prepare({ tasks: chain });
      await publish();
      failing.add("worker a");
      await start();
      const payload = await waitFor("triggers a");
      expect(payload).toEqual({
        ...input,
        taskId: "a",
        mapIndex: -1,
        token: expect.any(String),
        error: expect.any(String),
      });
      await sleep(QUIET_MS);
      expect(seen()).toEqual(["worker a", "triggers a"]);
      await engine.stateMachines.release(String(payload.token));
      await waitFor("finish");
      expect(seen()).toEqual(["worker a", "triggers a", "worker b", "finish"]);
    });

    test("a sensor's token that is released while its worker is still in the call is not lost", async () => {
      const sensor = { pokeInterval: 60, timeout: 60, softFail: false, exponentialBackoff: false };
      const { publish, start } = await prepare({ tasks: [taskDocument("s", { sensor })] });
      await publish();
      held.set("worker s", () => {});
      await start();
      const { token } = await waitFor("worker s");
      await engine.stateMachines.release(String(token));
      held.get("worker s")?.();
      await waitFor("finish");
    });

    test("a gate waits until its token is released, once", async () => {
      const { publish, start } = await prepare({ tasks: gated });
      await publish();
      await start();
      const { token } = await waitFor("gate g");
      await sleep(QUIET_MS);
      expect(seen()).not.toContain("worker g");
      await engine.stateMachines.release(String(token));
      await waitFor("finish");
      await engine.stateMachines.release(String(token));
      await engine.stateMachines.release("never given out");
      await sleep(QUIET_MS);
      expect(seen().filter((what) => what === "worker g")).toHaveLength(1);
    });

    test("whether an execution goes on can be asked, also of one that never started", async () => {
      const { publish, start, executionStatus } = await prepare({ tasks: chain });
      expect(await executionStatus()).toBe("absent");
      await publish();
      expect(await executionStatus()).toBe("absent");
      held.set("worker a", () => {});
      await start();
      await waitFor("worker a");
      expect(await executionStatus()).toBe("running");
      expect(await executionStatus({ clearNumber: 1 })).toBe("absent");
      held.get("worker a")?.();
      await waitFor("finish");
      await expect.poll(() => executionStatus(), { timeout: WAIT_MS }).not.toBe("running");
    });

    test("a version's machine may be removed again and again, and is made again when it starts", async () => {
      const { publish, start, dagId, hash } = await prepare({ tasks: chain });
      await publish();
      await engine.stateMachines.remove({ dagId, hash });
      await engine.stateMachines.remove({ dagId, hash });
      expect(await start()).toBe("started");
      await waitFor("finish");
    });
  });
}
