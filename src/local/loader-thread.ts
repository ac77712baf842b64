// Entry of the loader's threads: imports a bundle and answers what its DAGs draw.
import { setSourceMapsSupport } from "node:module";
import type { Diagnostic } from "../model/diagnostics.ts";
import type { DagDocument } from "../model/document.ts";
import { collectDags } from "../sdk/bundle.ts";
import { checkDag } from "../sdk/check-dag.ts";
import type { Dag } from "../sdk/dag.ts";
import { toTaskError } from "../sdk/task-error.ts";
import { findSourcePlace, toSourcePlace } from "../services/source-places.ts";
import { resolveOwnModules } from "./own-modules.ts";
import { serveCalls } from "./thread-calls.ts";

/** What the loader asks for. */
export interface LoadRequest {
  readonly url: string;
  /** The DAG file, for diagnostics. */
  readonly file: string;
}

export interface Loaded {
  readonly dags: readonly DagDocument[];
  readonly diagnostics: readonly Diagnostic[];
}

/** Modules can't be unloaded: after so many loads the thread is replaced. */
const MAX_LOADS = 100;

let loads = 0;

setSourceMapsSupport(true);
resolveOwnModules();
// What a file prints while it is imported is nobody's log.
process.stdout.write = discard;
process.stderr.write = discard;

serveCalls({
  async handle(call) {
    loads += 1;
    if (loads >= MAX_LOADS) call.retire();
    return load(call.request as LoadRequest);
  },
});

async function load({ url, file }: LoadRequest): Promise<Loaded> {
  let dags: readonly Dag[];
  try {
    // The query makes it another module each time, so that every load starts from nothing.
    dags = collectDags(await import(`${url}?load=${loads}`));
  } catch (thrown) {
    return { dags: [], diagnostics: [toDiagnostic(thrown, file)] };
  }
  const described = await Promise.all(dags.map((dag) => describe(dag, file)));
  const diagnostics = [
    ...described.flatMap((each) => each.diagnostics),
    ...findDuplicates(described, file),
  ];
  const broken = new Set(
    diagnostics.filter(({ severity }) => severity === "error").map(({ dagId }) => dagId),
  );
  return {
    dags: described.flatMap(({ dags: [document] }) =>
      document && !broken.has(document.dagId) ? [document] : [],
    ),
    diagnostics,
  };
}

async function describe(dag: Dag, file: string): Promise<Loaded> {
  try {
    const { document, diagnostics } = await checkDag(dag, { locate: toSourcePlace });
    return { dags: [document], diagnostics: diagnostics.map((each) => ({ file, ...each })) };
  } catch (thrown) {
    return { dags: [], diagnostics: [{ ...toDiagnostic(thrown, file), dagId: dag.dagId }] };
  }
}

function findDuplicates(described: readonly Loaded[], file: string): readonly Diagnostic[] {
  const seen = new Set<string>();
  const diagnostics: Diagnostic[] = [];
  for (const { dagId } of described.flatMap(({ dags }) => dags)) {
    if (seen.has(dagId)) {
      diagnostics.push({
        code: "duplicate-dag",
        severity: "error",
        dagId,
        file,
        message: `DAG "${dagId}" is made twice in ${file}`,
        hint: "give each DAG an id of its own",
      });
    }
    seen.add(dagId);
  }
  return diagnostics;
}

function toDiagnostic(thrown: unknown, file: string): Diagnostic {
  const { name, message, stack = "" } = toTaskError(thrown);
  return {
    code: "import-failed",
    severity: "error",
    file,
    ...findSourcePlace(stack),
    message: `${file} could not be imported: ${name}: ${message}`,
    hint: "code at the top of a DAG file runs when it is uploaded; it must not fail",
  };
}

function discard(
  _chunk: unknown,
  encoding?: BufferEncoding | ((error?: Error) => void),
  callback?: (error?: Error) => void,
): boolean {
  const done = typeof encoding === "function" ? encoding : callback;
  if (done) queueMicrotask(done);
  return true;
}
