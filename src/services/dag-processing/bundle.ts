// Bundles a DAG file with all that it imports into one module, from any DagSource. First step of
// processing a file.
import { type BuildResult, build, type Message, stop } from "esbuild";
import type { Diagnostic } from "../../model/diagnostics.ts";
import { SOURCE_SCHEME } from "../../model/source-places.ts";
import type { DagSource } from "../../ports/dag-source.ts";
import { hashOfCode } from "./bundle-hash.ts";
import { resolveFromSource } from "./bundle-resolve.ts";
import { SOURCE_MODULE_NAMES, toWrittenLine } from "./source-module.ts";

export interface Bundled {
  readonly ok: true;
  /**
   * An ES module with an inline source map whose sources are `dag:` and the file's path; free of
   * machine paths.
   */
  readonly code: string;
  /** Names the code: equal code, equal hash. */
  readonly hash: string;
  /** Files of the source that it imports, without itself. */
  readonly imports: readonly string[];
  readonly warnings: readonly Diagnostic[];
}

export interface NotBundled {
  readonly ok: false;
  readonly diagnostics: readonly Diagnostic[];
  /** As above, and the paths at which missing files were looked for. */
  readonly imports: readonly string[];
}

/** The bundler is a process of its own; it ends when unused for so long. */
const IDLE_MS = 3_000;

/** CommonJS packages ask for Node's modules by `require`, which ES modules don't have. */
const BANNER =
  'globalThis.require ??= process.getBuiltinModule("node:module").createRequire(import.meta.url);';

let builds = 0;
let stopper: NodeJS.Timeout | undefined;

/** The author's mistakes are diagnostics; throws only when the source itself can't be read. */
export async function bundleDagFile(
  source: DagSource,
  file: string,
): Promise<Bundled | NotBundled> {
  const resolver = resolveFromSource(source);
  const result = await buildWarm({
    entry: `${SOURCE_SCHEME}${file}`,
    plugin: resolver.plugin,
    root: source.packagesFrom,
  });
  resolver.throwIfBroken();
  const imports = [...resolver.imports].filter((path) => path !== file).sort();
  const warnings = result.warnings.map((message) =>
    toDiagnostic(message, { file, severity: "warning" }),
  );
  if (result.errors.length > 0) {
    const errors = result.errors.map((message) =>
      toDiagnostic(message, { file, severity: "error" }),
    );
    return { ok: false, diagnostics: [...errors, ...warnings], imports };
  }
  const code = result.outputFiles?.[0]?.text ?? "";
  const hash = hashOfCode(code);
  return { ok: true, code, hash, imports, warnings };
}

async function buildWarm({
  entry,
  plugin,
  root,
}: {
  readonly entry: string;
  readonly plugin: ReturnType<typeof resolveFromSource>["plugin"];
  readonly root: string | undefined;
}): Promise<BuildResult> {
  clearTimeout(stopper);
  builds += 1;
  try {
    return await build({
      entryPoints: [entry],
      ...(root === undefined ? {} : { absWorkingDir: root }),
      outfile: "bundle.mjs",
      write: false,
      bundle: true,
      format: "esm",
      platform: "node",
      target: "node24",
      charset: "utf8",
      sourcemap: "inline",
      sourcesContent: false,
      legalComments: "none",
      tsconfigRaw: "{}",
      banner: { js: BANNER },
      define: SOURCE_MODULE_NAMES,
      logLevel: "silent",
      plugins: [plugin],
    });
  } catch (error) {
    if (isBuildFailure(error)) return error;
    throw error;
  } finally {
    builds -= 1;
    if (builds === 0) stopper = setTimeout(() => void stop(), IDLE_MS).unref();
  }
}

function isBuildFailure(error: unknown): error is Error & BuildResult {
  return error instanceof Error && "errors" in error && "warnings" in error;
}

/** The place is the author's, also for a mistake in a package that the file imports. */
function toDiagnostic(
  message: Message,
  { file, severity }: { readonly file: string; readonly severity: Diagnostic["severity"] },
): Diagnostic {
  const { location } = message;
  const isOurs = location?.file.startsWith(SOURCE_SCHEME) ?? false;
  const at = isOurs && location ? location.file.slice(SOURCE_SCHEME.length) : file;
  const [note] = message.notes;
  return {
    code: isMissing(message) ? "import-not-found" : "syntax-error",
    severity,
    file: at,
    ...(isOurs && location ? { line: location.line } : {}),
    message: describe(message).replaceAll(SOURCE_SCHEME, ""),
    ...(note ? { hint: note.text.replaceAll(SOURCE_SCHEME, "") } : {}),
  };
}

/**
 * A mistake inside a package names the package's file, as the diagnostic's place is in the
 * author's.
 */
function describe({ location, text }: Message): string {
  if (!location) return text;
  if (!location.file.startsWith(SOURCE_SCHEME)) return `${location.file}:${location.line}: ${text}`;
  return `${text}: ${toWrittenLine(location.lineText).trim().slice(0, 120)}`;
}

function isMissing({ text, pluginName }: Message): boolean {
  return pluginName !== "" || /^(Could not resolve|No matching export)/.test(text);
}
