// `npm run test:schema`: Schemathesis makes requests up from the document that a server of ours
// serves, and fails at an answer with status 5xx or that isn't as the document says. Its settings and
// exceptions are in schemathesis.toml.
import { execFile } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { startServer } from "../e2e/server-process.ts";
import { installPrograms } from "../python-programs.ts";

const VERSIONS = { schemathesis: "4.32.5" } as const;
const MAX_MS = 600_000;
const MAX_OUTPUT_BYTES = 64 * 1024 * 1024;
const HERE = import.meta.dirname;

/** It keeps notes of its own in the folder. */
function run(
  bin: string,
  { url, cwd }: { readonly url: string; readonly cwd: string },
): Promise<{ readonly output: string; readonly ok: boolean }> {
  const parameters = [
    join(bin, "st"),
    "--config-file",
    join(HERE, "schemathesis.toml"),
    "run",
    `${url}/openapi.json`,
    "--phases=examples,coverage,fuzzing",
    "--max-examples=3",
    "--suppress-health-check=all",
    "--no-color",
    // The same requests each time.
    "--seed=1",
  ];
  const options = { cwd, timeout: MAX_MS, maxBuffer: MAX_OUTPUT_BYTES };
  return promisify(execFile)(join(bin, "python"), parameters, options)
    .then(({ stdout }) => ({ output: stdout, ok: true }))
    .catch((error: { readonly stdout?: string; readonly stderr?: string }) => ({
      output: `${error.stdout ?? ""}${error.stderr ?? ""}` || String(error),
      ok: false,
    }));
}

const folder = await mkdtemp(join(tmpdir(), "stepwind-schema-"));
const bin = await installPrograms(VERSIONS);
const dagsFolder = join(HERE, "../clients/dags");
const server = await startServer({ home: join(folder, "home"), dagsFolder });
try {
  const { output, ok } = await run(bin, { url: server.url, cwd: folder });
  process.stdout.write(output);
  const isWhole = /Test cases:\s+[1-9]\d* generated, .*[1-9]\d* passed/s.test(output);
  if (!ok || !isWhole) process.exitCode = 1;
} finally {
  await server.kill("SIGTERM");
  await rm(folder, { recursive: true, force: true });
}
