// The whole product within a test's process: real threads, files, watcher and API. DAG files are
// written into its folder, and what became of them is read as a person does, through the API.
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, vi } from "vitest";
import { startStandalone } from "../../src/local/standalone.ts";
import { createRecordingReporter } from "../local/recording-reporter.ts";

/** A mistake as the API tells it. */
export interface WireDiagnostic {
  readonly code: string;
  readonly file: string | null;
  readonly line: number | null;
  readonly message: string;
  readonly hint: string | null;
}

export interface LiveProduct {
  /** Of the server. */
  readonly url: string;
  readonly home: string;
  /** What it has reported so far, "level: message". */
  readonly reports: readonly string[];
  write(file: string, text: string): void;
  remove(file: string): void;
  /** The parsed answer of the API; a body makes it a POST. */
  ask(path: string, body?: unknown): Promise<ReturnType<typeof JSON.parse>>;
  /** Any answer of the API. */
  patch(path: string, body: unknown): Promise<Response>;
  /** The mistakes of a DAG file; empty when it has none. */
  mistakes(file: string): Promise<readonly WireDiagnostic[]>;
  /** Resolves when the DAG is live from a file. */
  isLive(dagId: string): Promise<void>;
  trigger(dagId: string, runId: string): Promise<void>;
  /** The state that the run ends in. */
  ended(dagId: string, runId: string): Promise<string>;
  /** Triggers a run and answers the state that it ends in. */
  run(dagId: string, runId: string): Promise<string>;
  task(dagId: string, runId: string, taskId: string): Promise<ReturnType<typeof JSON.parse>>;
  /** The messages of a try's log. */
  log(dagId: string, runId: string, taskId: string, tryNumber?: number): Promise<readonly string[]>;
  close(): Promise<void>;
}

/** Imports that take longer than `importTimeout` (seconds) are stopped. */
export async function startProduct({ importTimeout = 30 } = {}): Promise<LiveProduct> {
  const folder = mkdtempSync(join(tmpdir(), "stepwind-"));
  const dagsFolder = join(folder, "dags");
  const home = join(folder, ".stepwind");
  mkdirSync(dagsFolder);
  const report = createRecordingReporter();
  const server = await startStandalone({ home, dagsFolder, report, importTimeout, port: 0 });

  const ask: LiveProduct["ask"] = async (path, body) => {
    const headers = { "content-type": "application/json" };
    const post = { method: "POST", headers, body: JSON.stringify(body) };
    const response = await fetch(`${server.url}/api/v2${path}`, body === undefined ? {} : post);
    const answer = await response.json();
    if (!response.ok) throw new Error(`${path}: ${response.status} ${JSON.stringify(answer)}`);
    return answer;
  };
  const product: LiveProduct = {
    url: server.url,
    home,
    reports: report.messages,
    ask,
    patch: (path, body) =>
      fetch(`${server.url}/api/v2${path}`, {
        method: "PATCH",
        headers: { "content-type": "application/json" },
        body: JSON.stringify(body),
      }),
    write: (file, text) => writeFileSync(join(dagsFolder, file), text),
    remove: (file) => rmSync(join(dagsFolder, file)),
    async mistakes(file) {
      const { import_errors: found } = await ask(`/importErrors?filename=${file}`);
      return found[0]?.diagnostics ?? [];
    },
    async isLive(dagId) {
      await vi.waitFor(async () => expect((await ask(`/dags/${dagId}`)).is_stale).toBe(false), {
        timeout: 10_000,
        interval: 20,
      });
    },
    async trigger(dagId, runId) {
      await ask(`/dags/${dagId}/dagRuns`, { dag_run_id: runId, logical_date: null });
    },
    async ended(dagId, runId) {
      const look = async () => {
        const { state } = await ask(`/dags/${dagId}/dagRuns/${runId}`);
        return state === "queued" || state === "running" ? undefined : state;
      };
      return vi.waitUntil(look, { timeout: 20_000, interval: 20 });
    },
    async run(dagId, runId) {
      await product.trigger(dagId, runId);
      return product.ended(dagId, runId);
    },
    task: (dagId, runId, taskId) => ask(`/dags/${dagId}/dagRuns/${runId}/taskInstances/${taskId}`),
    async log(dagId, runId, taskId, tryNumber = 1) {
      const place = `/dags/${dagId}/dagRuns/${runId}/taskInstances/${taskId}/logs/${tryNumber}`;
      const { content } = await ask(place);
      return content.map(({ event }: { readonly event: string }) => event);
    },
    async close() {
      await server.stop();
      rmSync(folder, { recursive: true, force: true });
    },
  };
  return product;
}

/** A DAG file with one task, "t", that returns this result. */
export function dagText(dagId: string, { result = 1 } = {}): string {
  return `import { Dag } from "stepwind";
export const dag = new Dag("${dagId}", { schedule: null });
dag.task("t", async () => ${result})();
`;
}
