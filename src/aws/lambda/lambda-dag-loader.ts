// DagLoader over a function of its own, whose role allows nothing: it gets the code and answers
// what its DAGs draw.
import { readFile } from "node:fs/promises";
import { promisify } from "node:util";
import { gzip } from "node:zlib";
import { InvokeCommand, type LambdaClient } from "@aws-sdk/client-lambda";
import type { Diagnostic } from "../../model/diagnostics.ts";
import type { DagDocument } from "../../model/document.ts";
import type { DagLoader } from "../../ports/dag-loader.ts";
import type { Bundles } from "../../ports/dag-source.ts";

/** What the loader function gets. */
export interface LoaderEvent {
  readonly hash: string;
  /** The DAG file, for diagnostics. */
  readonly file: string;
  /** The bundle's code: gzip, then base64. */
  readonly code: string;
}

/** What the loader function returns. */
export interface LoaderAnswer {
  readonly dags: readonly DagDocument[];
  readonly diagnostics: readonly Diagnostic[];
}

/** Lambda quotas: bytes of a synchronous call, less some for what isn't code. */
const MAX_PAYLOAD_BYTES = 6 * 1024 * 1024 - 1_024;

/** The function's own timeout is the limit of an import. */
export function createLambdaDagLoader({
  client,
  functionName,
  bundles,
}: {
  readonly client: LambdaClient;
  /** The loader function. */
  readonly functionName: string;
  readonly bundles: Pick<Bundles, "url">;
}): DagLoader {
  return {
    async load({ hash, file }) {
      const code = await readFile(new URL(await bundles.url(hash)));
      const event: LoaderEvent = {
        hash,
        file,
        code: (await promisify(gzip)(code)).toString("base64"),
      };
      const payload = Buffer.from(JSON.stringify(event));
      if (payload.length > MAX_PAYLOAD_BYTES) return failed(tooLarge(file, payload.length));
      const answer = await client.send(
        new InvokeCommand({ FunctionName: functionName, Payload: payload }),
      );
      const text = answer.Payload?.transformToString() ?? "";
      return answer.FunctionError === undefined ? toAnswer(text) : failed(toDiagnostic(file, text));
    },
  };
}

/** Our own function's answer. */
function toAnswer(text: string): LoaderAnswer {
  return JSON.parse(text);
}

function failed(diagnostic: Diagnostic): LoaderAnswer {
  return { dags: [], diagnostics: [diagnostic] };
}

/** How the function ended when it did not answer: out of time, out of memory, `process.exit`. */
function toDiagnostic(file: string, text: string): Diagnostic {
  const { errorType, errorMessage } = readError(text);
  if (errorType === "Sandbox.Timedout" || /timed out/i.test(errorMessage)) {
    return {
      code: "import-timeout",
      severity: "error",
      file,
      message: `The import of ${file} took too long and was stopped`,
      hint: "code at the top of a DAG file must be quick: no endless loop, no waiting; put the work into a task",
    };
  }
  return {
    code: "import-failed",
    severity: "error",
    file,
    message: `The import of ${file} ended its process: ${errorMessage || errorType || "no reason given"}`,
    hint: "code at the top of a DAG file runs whenever the file is read; put the work into a task",
  };
}

function readError(text: string): { readonly errorType: string; readonly errorMessage: string } {
  try {
    const { errorType = "", errorMessage = "" } = JSON.parse(text);
    return { errorType: String(errorType), errorMessage: String(errorMessage) };
  } catch {
    return { errorType: "", errorMessage: text };
  }
}

function tooLarge(file: string, bytes: number): Diagnostic {
  return {
    code: "import-failed",
    severity: "error",
    file,
    message: `${file} is too large to be imported: with all that it imports it has ${bytes} bytes compressed, Lambda takes ${MAX_PAYLOAD_BYTES}`,
    hint: "import fewer or smaller packages, or import the part of a package that is needed",
  };
}
