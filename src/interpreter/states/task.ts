// Task: invokes a function and takes its answer, or with `.waitForTaskToken` the answer that
// someone gives to its token; so does a message to a queue.
import { payloadOf, type TaskState } from "../../model/asl.ts";
import { Fault, fromThrown } from "../errors.ts";
import type { Flow } from "../flow.ts";
import type { Invocation } from "../host.ts";
import { fillTemplate } from "../payload.ts";
import type { Stoppable } from "../scope.ts";
import type { Answerable } from "../task-tokens.ts";

/** Waits for an answer to the token; of the call's own outcome only a failure counts. */
const AND_WAIT = ".waitForTaskToken";

/**
 * One try. As on Step Functions, `lambda:invoke` results in `{ StatusCode, Payload }`, a token in
 * the bare answer.
 */
export function runTask(state: TaskState, input: unknown, flow: Flow): Promise<unknown> {
  return new Promise((resolve, reject) => {
    new TaskTry(state, input, flow, resolve, reject).start(state.TimeoutSeconds);
  });
}

class TaskTry implements Invocation, Answerable, Stoppable {
  readonly functionName: string;
  readonly payload: Readonly<Record<string, unknown>>;
  readonly token: string | undefined;
  readonly executionName: string;
  readonly #flow: Flow;
  readonly #resolve: (result: unknown) => void;
  readonly #reject: (error: unknown) => void;
  #controller: AbortController | undefined;
  #abandoned: Error | undefined;
  #deadline: AbortController | undefined;

  constructor(
    { Resource, Parameters }: TaskState,
    input: unknown,
    flow: Flow,
    resolve: (result: unknown) => void,
    reject: (error: unknown) => void,
  ) {
    const token = Resource.endsWith(AND_WAIT) ? flow.host.createToken() : undefined;
    const { context } = flow;
    this.functionName =
      "FunctionName" in Parameters ? Parameters.FunctionName : Parameters.QueueUrl;
    this.payload = fillTemplate(
      payloadOf(Parameters),
      input,
      token === undefined ? context : { ...context, Task: { Token: token } },
    );
    this.token = token;
    this.executionName = context.Execution.Name;
    this.#flow = flow;
    this.#resolve = resolve;
    this.#reject = reject;
  }

  get signal(): AbortSignal {
    if (this.#controller === undefined) {
      this.#controller = new AbortController();
      if (this.#abandoned !== undefined) this.#controller.abort(this.#abandoned);
    }
    return this.#controller.signal;
  }

  start(timeoutSeconds: number | undefined): void {
    if (!this.#flow.scope.hold(this)) return;
    if (this.token !== undefined) this.#flow.tokens.set(this.token, this);
    if (timeoutSeconds !== undefined) this.#limit(timeoutSeconds);
    void this.#invoke();
  }

  succeed(result: unknown): boolean {
    if (!this.#end()) return false;
    this.#resolve(result);
    return true;
  }

  fail(error: unknown): boolean {
    if (!this.#end()) return false;
    this.#reject(error);
    return true;
  }

  stop(reason: DOMException): void {
    this.#close();
    this.#abandon(reason);
  }

  async #invoke(): Promise<void> {
    try {
      const answer = await this.#flow.host.invoke(this);
      if (this.token === undefined) this.succeed({ StatusCode: 200, Payload: answer ?? null });
    } catch (thrown) {
      this.fail(fromThrown(thrown));
    }
  }

  #limit(seconds: number): void {
    this.#deadline = new AbortController();
    this.#flow.host.sleep(seconds, this.#deadline.signal).then(
      () => {
        const fault = new Fault("States.Timeout", `had no answer within ${seconds} seconds`);
        if (this.fail(fault)) this.#abandon(fault);
      },
      (error: unknown) => this.fail(error),
    );
  }

  #end(): boolean {
    if (!this.#flow.scope.release(this)) return false;
    this.#close();
    return true;
  }

  #close(): void {
    if (this.token !== undefined) this.#flow.tokens.delete(this.token);
    this.#deadline?.abort(null);
  }

  #abandon(reason: Error): void {
    this.#abandoned = reason;
    this.#controller?.abort(reason);
  }
}
