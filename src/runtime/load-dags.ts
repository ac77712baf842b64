// The inside of the DAG loader: imports a bundle and answers what its DAGs draw. Entry points run
// it away from everything else: in a thread on one machine, in a function that may do nothing on
// AWS.

import { checkDag } from "../describe/check-dag.ts";
import type { Diagnostic } from "../model/diagnostics.ts";
import type { DagDocument } from "../model/document.ts";
import { findSourcePlace, toSourcePlace } from "../model/source-places.ts";
import { collectDags } from "../sdk/bundle.ts";
import type { Dag } from "../sdk/dag.ts";
import { toTaskError } from "./failures/task-error.ts";

export interface Loaded {
  /** Those without an error. */
  readonly dags: readonly DagDocument[];
  readonly diagnostics: readonly Diagnostic[];
}

/** A DAG folder that isn't on the disk here. */
export interface AbsentFolder {
  /** Where `import.meta` of DAG files leads all the same. */
  readonly folder: string;
  /** What to do instead of reading a file there. */
  readonly hint: string;
}

/**
 * `url` is the bundle's, `file` the DAG file's, for diagnostics. Never rejects for what the file
 * throws.
 */
export async function loadDags({
  url,
  file,
  absent,
}: {
  readonly url: string;
  readonly file: string;
  readonly absent?: AbsentFolder;
}): Promise<Loaded> {
  let dags: readonly Dag[];
  try {
    dags = collectDags(await import(url));
  } catch (thrown) {
    const mistake = toDiagnostic(thrown, file);
    const isAbsent = absent && isReadIn(absent.folder, thrown);
    return { dags: [], diagnostics: [isAbsent ? { ...mistake, hint: absent.hint } : mistake] };
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

function isReadIn(folder: string, thrown: unknown): boolean {
  return thrown instanceof Error && "path" in thrown && String(thrown.path).startsWith(folder);
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
    message: [`${file} could not be imported: ${name}: ${message}`, ...causesOf(thrown)].join("\n"),
    hint: "code at the top of a DAG file runs whenever the file is read; it must not fail",
  };
}

const MOST_CAUSES = 5;

/** A line for each cause, and for each error that is one of several. */
function causesOf(thrown: unknown, depth = 0): readonly string[] {
  if (!(thrown instanceof Error) || depth >= MOST_CAUSES) return [];
  const several: readonly unknown[] = thrown instanceof AggregateError ? thrown.errors : [];
  const causes = [...(thrown.cause === undefined ? [] : [thrown.cause]), ...several];
  return causes.slice(0, MOST_CAUSES).flatMap((cause) => {
    const { name, message } = toTaskError(cause);
    return [`Caused by: ${name}: ${message}`, ...causesOf(cause, depth + 1)];
  });
}
