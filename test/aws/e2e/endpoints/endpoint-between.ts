// An AWS endpoint in front of the emulator's, for the calls of deployed functions: a test looks at
// each call, and says how it is answered.
import { Agent, createServer, type IncomingMessage, request, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import {
  GetFunctionConfigurationCommand,
  LambdaClient,
  UpdateFunctionConfigurationCommand,
  waitUntilFunctionUpdatedV2,
} from "@aws-sdk/client-lambda";

/** A call as it goes over the wire. */
export interface Call {
  /** Name of the function that makes it. */
  readonly caller: string;
  /**
   * As AWS's SDKs name it in AWS_ENDPOINT_URL_…, in small letters; undefined for one that isn't led
   * through here.
   */
  readonly service: ServiceName | undefined;
  readonly method: string;
  /** With the query. */
  readonly path: string;
  readonly headers: IncomingMessage["headers"];
  readonly body: Buffer;
}

export interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>;
  readonly body: Buffer | string;
}

/** Services that functions call. */
export const SERVICES = [
  "dynamodb",
  "sfn",
  "lambda",
  "s3",
  "sns",
  "sqs",
  "ssm",
  "scheduler",
  "eventbridge",
] as const;
export type ServiceName = (typeof SERVICES)[number];

/** By the scope of a signature, where that isn't its name. */
const SCOPES: Readonly<Record<string, string>> = { states: "sfn", events: "eventbridge" };

export interface EndpointBetween {
  /** The function's calls of these services go through here from now on, until `close`. */
  leadThrough(functionName: string, services: readonly ServiceName[]): Promise<void>;
  close(): Promise<void>;
}

/** `answer` gets the emulator's answer by calling `forward`; undefined for none at all. */
export async function startEndpointBetween(
  answer: (call: Call, forward: () => Promise<Answer>) => Promise<Answer | undefined>,
): Promise<EndpointBetween> {
  const endpoint = process.env.AWS_ENDPOINT_URL ?? "";
  const agent = new Agent({ keepAlive: true });
  const lambda = new LambdaClient();
  /** Each gives a function its variables back. */
  const restore: (() => Promise<void>)[] = [];

  function forward({ method, path, headers: given, body }: Call): Promise<Answer> {
    const { "transfer-encoding": _, expect: __, connection: ___, ...headers } = given;
    const { promise, resolve, reject } = Promise.withResolvers<Answer>();
    const sent = request(
      new URL(path, endpoint),
      {
        agent,
        method,
        headers: {
          ...headers,
          host: new URL(endpoint).host,
          "content-length": String(body.length),
        },
      },
      (response) => {
        const { statusCode: status = 502, headers: answered } = response;
        readAll(response).then((all) => resolve({ status, headers: answered, body: all }), reject);
      },
    );
    sent.once("error", reject);
    sent.end(body);
    return promise;
  }

  async function handle(incoming: IncomingMessage, outgoing: ServerResponse): Promise<void> {
    // The caller's name stands before the path that it calls.
    const [, caller = "", rest = ""] = /^\/([^/?]+)(.*)$/.exec(incoming.url ?? "") ?? [];
    const call: Call = {
      caller,
      service: serviceOf(incoming),
      method: incoming.method ?? "GET",
      path: withoutSignature(rest.startsWith("/") ? rest : `/${rest}`),
      headers: incoming.headers,
      body: await readAll(incoming),
    };
    const answered = await answer(call, () => forward(call));
    if (answered) send(outgoing, answered);
    else outgoing.destroy();
  }

  const server = createServer((incoming, outgoing) => {
    handle(incoming, outgoing).catch(() => outgoing.destroy());
  });
  await new Promise<void>((resolve) => {
    server.listen(0, "127.0.0.1", resolve);
  });
  const { port } = server.address() as AddressInfo;

  return {
    async leadThrough(FunctionName, services) {
      const before = await lambda.send(new GetFunctionConfigurationCommand({ FunctionName }));
      const own = before.Environment?.Variables ?? {};
      const set = async (Variables: Readonly<Record<string, string>>) => {
        const Environment = { Variables: { ...Variables } };
        await lambda.send(new UpdateFunctionConfigurationCommand({ FunctionName, Environment }));
        await waitUntilFunctionUpdatedV2({ client: lambda, maxWaitTime: 60 }, { FunctionName });
      };
      // Not AWS_ENDPOINT_URL, which emulators set themselves.
      const led = services.map((service) => [
        `AWS_ENDPOINT_URL_${service.toUpperCase()}`,
        `http://127.0.0.1:${port}/${FunctionName}`,
      ]);
      await set({ ...own, ...Object.fromEntries(led) });
      restore.push(() => set(own));
    },

    async close() {
      await Promise.all(restore.map((each) => each()));
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

/** A signed address was signed with the caller's name in it, which an emulator would refuse. */
function withoutSignature(path: string): string {
  const [place = "", query] = path.split("?");
  if (query === undefined) return path;
  const kept = query.split("&").filter((each) => !each.startsWith("X-Amz-"));
  return kept.length > 0 ? `${place}?${kept.join("&")}` : place;
}

/** By what each protocol has in its head or its address, the signature's scope above all. */
function serviceOf({ headers, url = "" }: IncomingMessage): ServiceName | undefined {
  const signed = headers.authorization ?? decodeURIComponent(url);
  const scope = /Credential=[^/]+\/\d+\/[^/]+\/([a-z0-9-]+)\//.exec(signed);
  const name = scope?.[1] ?? "";
  return SERVICES.find((each) => each === (SCOPES[name] ?? name));
}
