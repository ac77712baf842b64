// An AWS endpoint that fails at random, in front of an emulator: it throttles calls as the service
// would, or makes them and loses the answer, so that the caller repeats what was done. It holds
// calls to AWS's limits as well.
import type { Random } from "../../../reference/random-dags.ts";
import { type CallLimits, createCallLimits } from "./call-limits.ts";
import {
  type Answer,
  type Call,
  type EndpointBetween,
  type ServiceName,
  startEndpointBetween,
} from "./endpoint-between.ts";

/** Services whose calls fail. */
export const FAULTY_SERVICES = ["dynamodb", "sfn", "lambda", "s3", "sns", "ssm"] as const;

/** Others whose calls are held to AWS's limits. */
const LIMITED_SERVICES = ["sqs"] as const;

type FaultKind = "throttled" | "lost";

export interface FaultyEndpoint {
  /** The function's calls of faulty services go through here. */
  leadThrough(functionName: string): Promise<void>;
  /** How many calls of the service have failed so. */
  injected(service: ServiceName, kind: FaultKind): number;
  /** AWS's limits, and what came near them or broke them. */
  readonly limits: CallLimits;
  /** Calls that came in. */
  readonly calls: number;
  close(): Promise<void>;
}

/**
 * The rates are shares of all calls. The first two calls of each service fail, so each has its
 * share.
 */
export async function startFaultyEndpoint({
  random,
  rates,
  concurrency,
}: {
  readonly random: Random;
  readonly rates: Readonly<Record<FaultKind, number>>;
  /** Synchronous calls of one function that may go on at once. */
  readonly concurrency: number;
}): Promise<FaultyEndpoint> {
  const counts = new Map<string, number>();
  const limits = createCallLimits(Date.now, concurrency);
  let calls = 0;

  const count = (service: ServiceName, kind: FaultKind) => counts.get(`${service} ${kind}`) ?? 0;

  function drawFault(service: ServiceName): FaultKind | undefined {
    const drawn = random.next();
    if (count(service, "throttled") === 0 || drawn < rates.throttled) return "throttled";
    if (count(service, "lost") === 0 || drawn < rates.throttled + rates.lost) return "lost";
    return undefined;
  }

  async function answer(call: Call, forward: () => Promise<Answer>): Promise<Answer | undefined> {
    calls += 1;
    const { service } = call;
    if (service && limits.isThrottled(call)) return throttled(service, random);
    const made = await limits.withinConcurrency(call, () => maybeFail(call, forward));
    return made ? made.answer : throttled("lambda", random);
  }

  async function maybeFail(
    call: Call,
    forward: () => Promise<Answer>,
  ): Promise<Answer | undefined> {
    const { service } = call;
    const isFaulty = FAULTY_SERVICES.some((each) => each === service);
    const fault = service && isFaulty ? drawFault(service) : undefined;
    if (service === undefined || fault === undefined) return forward();
    counts.set(`${service} ${fault}`, count(service, fault) + 1);
    if (fault === "throttled") return throttled(service, random);
    await forward();
    return random.chance(0.5) ? undefined : failed(service);
  }

  const between: EndpointBetween = await startEndpointBetween(answer);
  return {
    leadThrough: (functionName) =>
      between.leadThrough(functionName, [...FAULTY_SERVICES, ...LIMITED_SERVICES]),
    injected: count,
    limits,
    get calls() {
      return calls;
    },
    close: between.close,
  };
}

/** As the service says that there are too many calls. */
function throttled(service: ServiceName, random: Random): Answer {
  switch (service) {
    case "dynamodb":
      return json(400, {
        __type: random.chance(0.5)
          ? "com.amazonaws.dynamodb.v20120810#ProvisionedThroughputExceededException"
          : "com.amazon.coral.availability#ThrottlingException",
      });
    case "lambda":
      return lambdaError(429, "TooManyRequestsException");
    case "s3":
      return xml(503, "<Error><Code>SlowDown</Code><Message>Please reduce</Message></Error>");
    case "sns":
      return queryError(400, "Throttling");
    default:
      return json(400, { __type: "ThrottlingException" });
  }
}

/** As the service says that something went wrong on its side. */
function failed(service: ServiceName): Answer {
  switch (service) {
    case "lambda":
      return lambdaError(500, "ServiceException");
    case "s3":
      return xml(500, "<Error><Code>InternalError</Code><Message>Try again</Message></Error>");
    case "sns":
      return queryError(500, "InternalFailure");
    default:
      return json(500, { __type: "InternalServerError" });
  }
}

function json(status: number, body: { readonly __type: string }): Answer {
  return {
    status,
    headers: { "content-type": "application/x-amz-json-1.0" },
    body: JSON.stringify({ ...body, message: "injected" }),
  };
}

function lambdaError(status: number, name: string): Answer {
  return {
    status,
    headers: { "content-type": "application/json", "x-amzn-errortype": name },
    body: JSON.stringify({ Type: "User", Message: "injected" }),
  };
}

function queryError(status: number, code: string): Answer {
  const error = `<Error><Type>Sender</Type><Code>${code}</Code><Message>injected</Message></Error>`;
  return xml(status, `<ErrorResponse>${error}<RequestId>injected</RequestId></ErrorResponse>`);
}

function xml(status: number, text: string): Answer {
  return { status, headers: { "content-type": "text/xml" }, body: text };
}
