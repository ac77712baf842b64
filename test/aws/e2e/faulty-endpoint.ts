// An AWS endpoint that fails at random, in front of an emulator: it throttles calls as the service would, or makes them
// and loses the answer, so that the caller repeats what was done.
import { Agent, createServer, type IncomingMessage, request, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import type { Random } from "../../reference/random-dags.ts";

/** Services whose calls fail; others pass. */
export const FAULTY_SERVICES = ["dynamodb", "sfn", "lambda", "s3", "sns", "ssm"] as const;

type ServiceName = (typeof FAULTY_SERVICES)[number];
type FaultKind = "throttled" | "lost";

export interface FaultyEndpoint {
  /** Such as "http://127.0.0.1:4567". */
  readonly url: string;
  /** How many calls of the service have failed so. */
  injected(service: ServiceName, kind: FaultKind): number;
  /** Calls that came in. */
  readonly calls: number;
  close(): void;
}

interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>;
  readonly body: Buffer | string;
}

/** The rates are shares of all calls. The first two calls of each service fail, so each has its share. */
export async function startFaultyEndpoint({
  endpoint,
  random,
  rates,
}: {
  readonly endpoint: string;
  readonly random: Random;
  readonly rates: Readonly<Record<FaultKind, number>>;
}): Promise<FaultyEndpoint> {
  const agent = new Agent({ keepAlive: true });
  const counts = new Map<string, number>();
  let calls = 0;

  const count = (service: string, kind: string) => counts.get(`${service} ${kind}`) ?? 0;

  function drawFault(service: ServiceName): FaultKind | undefined {
    const drawn = random.next();
    if (count(service, "throttled") === 0 || drawn < rates.throttled) return "throttled";
    if (count(service, "lost") === 0 || drawn < rates.throttled + rates.lost) return "lost";
    return undefined;
  }

  function forward(incoming: IncomingMessage, body: Buffer): Promise<Answer> {
    const { "transfer-encoding": _, expect: __, connection: ___, ...headers } = incoming.headers;
    const { host } = new URL(endpoint);
    const { promise, resolve, reject } = Promise.withResolvers<Answer>();
    const sent = request(
      new URL(incoming.url ?? "/", endpoint),
      {
        agent,
        method: incoming.method ?? "GET",
        headers: { ...headers, host, "content-length": String(body.length) },
      },
      (response) => {
        readAll(response).then(
          (answered) =>
            resolve({
              status: response.statusCode ?? 502,
              headers: response.headers,
              body: answered,
            }),
          reject,
        );
      },
    );
    sent.once("error", reject);
    sent.end(body);
    return promise;
  }

  async function answer(incoming: IncomingMessage, outgoing: ServerResponse): Promise<void> {
    calls += 1;
    const body = await readAll(incoming);
    const service = serviceOf(incoming);
    const fault = service && drawFault(service);
    if (service && fault) counts.set(`${service} ${fault}`, count(service, fault) + 1);
    if (service && fault === "throttled") return send(outgoing, throttled(service, random));
    const answered = await forward(incoming, body);
    if (service === undefined || fault === undefined) return send(outgoing, answered);
    if (random.chance(0.5)) outgoing.destroy();
    else send(outgoing, failed(service));
  }

  const server = createServer((incoming, outgoing) => {
    answer(incoming, outgoing).catch(() => outgoing.destroy());
  });
  await new Promise<void>((resolve) => {
    server.listen(0, "127.0.0.1", resolve);
  });
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    injected: count,
    get calls() {
      return calls;
    },
    close() {
      server.closeAllConnections();
      server.close();
      agent.destroy();
    },
  };
}

async function readAll(message: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of message) chunks.push(chunk);
  return Buffer.concat(chunks);
}

function send(outgoing: ServerResponse, { status, headers, body }: Answer): void {
  const { "transfer-encoding": _, connection: __, ...kept } = headers;
  for (const [name, value] of Object.entries(kept)) {
    if (value !== undefined) outgoing.setHeader(name, value);
  }
  outgoing.statusCode = status;
  outgoing.end(body);
}

/** By what each protocol has in its head, the signature's scope above all. */
function serviceOf({ headers }: IncomingMessage): ServiceName | undefined {
  const scope = /Credential=[^/]+\/\d+\/[^/]+\/([a-z0-9-]+)\//.exec(headers.authorization ?? "");
  const name = scope?.[1] === "states" ? "sfn" : scope?.[1];
  return FAULTY_SERVICES.find((each) => each === name);
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
