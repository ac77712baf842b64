// Lambda functions for tests that hand each of their calls to the test's own process, over HTTP.
import { execFile } from "node:child_process";
import { randomUUID } from "node:crypto";
import { once } from "node:events";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import {
  CreateFunctionCommand,
  LambdaClient,
  waitUntilFunctionActiveV2,
} from "@aws-sdk/client-lambda";
import { afterAll } from "vitest";
import { CLIENT_OPTIONS } from "../../src/aws/client-options.ts";

const CODE = `
export async function handler(event) {
  const answer = await fetch(process.env.CALL_URL, { method: "POST", body: JSON.stringify(event) });
  const text = await answer.text();
  if (!answer.ok) throw new Error(text);
  return JSON.parse(text);
}
`;

export interface CallingFunction {
  readonly name: string;
  readonly arn: string;
}

/**
 * A new function; what `onCall` answers or throws is its answer, `timeout` is in seconds. To be
 * called at the top of a test file or in its hooks.
 */
export async function createCallingFunction(
  onCall: (event: Readonly<Record<string, unknown>>) => Promise<unknown>,
  { timeout = 60 }: { readonly timeout?: number } = {},
): Promise<CallingFunction> {
  const server = createServer((request, response) => {
    void (async () => {
      const chunks: Buffer[] = [];
      for await (const chunk of request) chunks.push(chunk);
      try {
        const answer = await onCall(JSON.parse(Buffer.concat(chunks).toString()));
        response.end(JSON.stringify(answer ?? null));
      } catch (error) {
        response.statusCode = 500;
        response.end(String(error));
      }
    })();
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  afterAll(() => {
    server.closeAllConnections();
    server.close();
  });
  const address = server.address();
  if (address === null || typeof address !== "object") throw new Error("the server has no port");

  const client = new LambdaClient(CLIENT_OPTIONS);
  const name = `stepwind-test-${randomUUID()}`;
  const { FunctionArn: arn = "" } = await client.send(
    new CreateFunctionCommand({
      FunctionName: name,
      Runtime: "nodejs24.x",
      Handler: "index.handler",
      Role: "arn:aws:iam::000000000000:role/stepwind-test",
      Timeout: timeout,
      Code: { ZipFile: await zip(CODE) },
      Environment: { Variables: { CALL_URL: `http://127.0.0.1:${address.port}` } },
    }),
  );
  await waitUntilFunctionActiveV2({ client, maxWaitTime: 60 }, { FunctionName: name });
  return { name, arn };
}

async function zip(code: string): Promise<Uint8Array> {
  const folder = await mkdtemp(join(tmpdir(), "stepwind-zip-"));
  try {
    await writeFile(join(folder, "index.mjs"), code);
    const zipped = ["-m", "zipfile", "-c", "code.zip", "index.mjs"];
    await promisify(execFile)("python3", zipped, { cwd: folder });
    return await readFile(join(folder, "code.zip"));
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
