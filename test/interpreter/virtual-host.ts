// The interpreter's surroundings for tests: functions by name, a clock that jumps, and a record of
// what was asked for.
import { setImmediate } from "node:timers/promises";
import {
  createInterpreter,
  type Execution,
  type ExecutionResult,
  type Interpreter,
  type InterpreterOptions,
  type Invocation,
} from "../../src/interpreter/interpreter.ts";
import type { StateMachine } from "../../src/model/asl.ts";

/** A function of a task; may throw or never settle. */
export type TaskFunction = (invocation: Invocation) => unknown;

interface Sleeper {
  readonly until: number;
  readonly wake: () => void;
}

export class VirtualHost implements InterpreterOptions {
  readonly interpreter: Interpreter = createInterpreter(this);
  readonly calls: Invocation[] = [];
  /** Seconds asked for, timeouts included, in order. */
  readonly sleeps: number[] = [];
  /** Seconds since the start. */
  clock = 0;
  readonly #functions: Readonly<Record<string, TaskFunction>>;
  readonly #sleepers = new Set<Sleeper>();
  #tokens = 0;

  constructor(functions: Readonly<Record<string, TaskFunction>> = {}) {
    this.#functions = functions;
  }

  async invoke(invocation: Invocation): Promise<unknown> {
    if (invocation.functionName === "nothing") return null;
    this.calls.push(invocation);
    const call = this.#functions[invocation.functionName];
    if (call === undefined) throw new Error(`no function ${invocation.functionName}`);
    return call(invocation);
  }

  sleep(seconds: number, signal: AbortSignal): Promise<void> {
    this.sleeps.push(seconds);
    return new Promise((resolve, reject) => {
      const sleeper = { until: this.clock + seconds, wake: resolve };
      this.#sleepers.add(sleeper);
      signal.addEventListener("abort", () => {
        this.#sleepers.delete(sleeper);
        reject(signal.reason);
      });
    });
  }

  createToken(): string {
    this.#tokens += 1;
    return `token-${this.#tokens}`;
  }

  /** How many sleeps and timeouts are still running. */
  get sleeping(): number {
    return this.#sleepers.size;
  }

  start(definition: StateMachine, input: unknown = {}): Execution {
    return this.interpreter.start(definition, input, "run-1");
  }

  /** Lets happen all that happens without time passing. */
  async settle(): Promise<void> {
    await setImmediate();
  }

  /** Runs to the end; the clock jumps from sleep to sleep. */
  async run(definition: StateMachine, input: unknown = {}): Promise<ExecutionResult> {
    return this.finish(this.start(definition, input));
  }

  async finish(execution: Execution): Promise<ExecutionResult> {
    let result: ExecutionResult | undefined;
    void execution.done.then((ended) => {
      result = ended;
    });
    for (;;) {
      await this.settle();
      if (result !== undefined) return result;
      this.wakeNext();
    }
  }

  /** Jumps to the end of the sleep or timeout that ends first. */
  wakeNext(): void {
    const next = [...this.#sleepers].sort((a, b) => a.until - b.until)[0];
    if (next === undefined) throw new Error("nothing sleeps and nothing ends");
    this.#sleepers.delete(next);
    this.clock = next.until;
    next.wake();
  }
}
