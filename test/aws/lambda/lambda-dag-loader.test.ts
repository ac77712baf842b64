// The loader function gets the code of a bundle, and however it ends, its file is told of it.
import { randomBytes } from "node:crypto";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { gunzipSync } from "node:zlib";
import { LambdaClient } from "@aws-sdk/client-lambda";
import { expect, test } from "vitest";
import { CLIENT_OPTIONS } from "../../../src/aws/client-options.ts";
import { createLambdaDagLoader } from "../../../src/aws/lambda/lambda-dag-loader.ts";
import { temporaryFolder } from "../../local/temporary-folder.ts";
import { dagDocument } from "../../model/documents.ts";
import { createCallingFunction } from "../calling-functions.ts";

const client = new LambdaClient(CLIENT_OPTIONS);

async function load(
  onCall: Parameters<typeof createCallingFunction>[0],
  { code = "export {};", timeout = 60 }: { code?: string; timeout?: number } = {},
) {
  const path = join(temporaryFolder(), "bundle.mjs");
  writeFileSync(path, code);
  const { name: functionName } = await createCallingFunction(onCall, { timeout });
  const bundles = { url: async () => pathToFileURL(path).href };
  const loader = createLambdaDagLoader({ client, functionName, bundles });
  return loader.load({ hash: "abc", file: "etl.ts" });
}

test("the function gets hash, file and code, and its answer is the loader's", async () => {
  const code = `export const text = "${"ü".repeat(1_000_000)}";`;
  const answer = { dags: [dagDocument()], diagnostics: [] };
  let event: Readonly<Record<string, unknown>> = {};
  const loaded = await load(
    async (given) => {
      event = given;
      return answer;
    },
    { code },
  );
  expect(loaded).toEqual(answer);
  expect(event).toMatchObject({ hash: "abc", file: "etl.ts" });
  expect(gunzipSync(Buffer.from(String(event.code), "base64")).toString() === code).toBe(true);
});

test("a function that ends without an answer is an import that failed", async () => {
  const loaded = await load(async () => {
    throw new Error("out of memory");
  });
  expect(loaded.dags).toEqual([]);
  expect(loaded.diagnostics).toEqual([
    expect.objectContaining({
      code: "import-failed",
      file: "etl.ts",
      message: expect.stringContaining("out of memory"),
    }),
  ]);
});

test("a function that runs out of time is an import that took too long", async () => {
  const loaded = await load(() => new Promise(() => {}), { timeout: 1 });
  expect(loaded.diagnostics).toEqual([
    expect.objectContaining({ code: "import-timeout", file: "etl.ts" }),
  ]);
});

test("code that Lambda would not take is not sent", async () => {
  const code = `export const text = "${randomBytes(5_000_000).toString("base64")}";`;
  const loaded = await load(() => Promise.reject(new Error("called")), { code });
  expect(loaded.diagnostics).toEqual([
    expect.objectContaining({
      code: "import-failed",
      message: expect.stringMatching(/^etl.ts is too large to be imported: .* \d{7} bytes/),
    }),
  ]);
});
