// Histories of executions as Step Functions writes them: what each call, token and state adds to
// them, and the end of an execution whose history is full.
import type { ExecutionInput } from "../../../src/ports/state-machines.ts";

export interface VirtualHistories {
  /** Events of each execution so far, by "DAG/run/clear number". */
  readonly events: ReadonlyMap<string, number>;
  /** An execution starts, of a machine with so many Parallel states. */
  start(input: ExecutionInput, parallels: number): void;
  /**
   * A Task state makes a call. The answer is to be told how that went; it tells whether the state
   * calls again when it fails, at most so often.
   */
  call(input: ExecutionInput, state: CalledState): { succeeded(): void; failed(): void };
  /** A token is given back. */
  release(token: string): void;
  /** Whether the execution's history was full before its end. */
  isFull(input: ExecutionInput): boolean;
}

export interface CalledState {
  /** Unique in the machine. */
  readonly name: string;
  /** How often it calls again. */
  readonly retries: number;
  /** What it waits for after its call, if it does. */
  readonly token?: string;
  /** Whether the run ends with it. */
  readonly isLast?: boolean;
}

const ENTERED = 1;
/** Of each call. */
const SCHEDULED_AND_STARTED = 2;
const SUBMITTED = 1;
const SUCCEEDED = 1;
const FAILED = 1;
const EXITED = 1;
/** Entered, started, succeeded, exited. */
const PARALLEL = 4;
const EXECUTION_STARTED = 1;
const EXECUTION_SUCCEEDED = 1;

/** `onFull` is called once for an execution, with its history full. */
export function createVirtualHistories(
  limitOf: (input: ExecutionInput) => number,
  onFull: (input: ExecutionInput) => void,
): VirtualHistories {
  const events = new Map<string, number>();
  const full = new Set<string>();
  const calls = new Map<string, number>();
  const tokens = new Map<string, ExecutionInput>();
  const nameOf = ({ dagId, runId, clearNumber }: ExecutionInput) =>
    `${dagId}/${runId}/${clearNumber}`;

  function add(input: ExecutionInput, count: number, isEnd = false): void {
    const name = nameOf(input);
    if (full.has(name)) return;
    const limit = limitOf(input);
    const sum = (events.get(name) ?? 0) + count;
    events.set(name, Math.min(sum, limit));
    // The last place is left to the execution's end.
    if (sum < limit || (isEnd && sum === limit)) return;
    full.add(name);
    onFull(input);
  }

  return {
    events,
    start: (input, parallels) => add(input, EXECUTION_STARTED + parallels * PARALLEL),
    call(input, { name, retries, token, isLast = false }) {
      const key = `${nameOf(input)} ${name}`;
      const before = calls.get(key) ?? 0;
      calls.set(key, before + 1);
      add(input, SCHEDULED_AND_STARTED + (before === 0 ? ENTERED : 0));
      // Its answer may come before the call's own.
      if (token !== undefined) tokens.set(token, input);
      return {
        succeeded() {
          if (token !== undefined) add(input, SUBMITTED);
          else add(input, SUCCEEDED + EXITED + (isLast ? EXECUTION_SUCCEEDED : 0), isLast);
        },
        failed() {
          if (token !== undefined) tokens.delete(token);
          add(input, FAILED + (before >= retries ? EXITED : 0));
        },
      };
    },
    release(token) {
      const input = tokens.get(token);
      if (input && tokens.delete(token)) add(input, SUCCEEDED + EXITED);
    },
    isFull: (input) => full.has(nameOf(input)),
  };
}
