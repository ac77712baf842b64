// The shape of the code that Biome has no rule for: how long functions are, how full folders are,
// and which files import each other in a circle.
import { readdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { parseAst } from "vitest/node";

const ROOT = fileURLToPath(new URL("..", import.meta.url));
const FOLDERS = ["src", "functions", "infra", "scripts", "bin", "dags", "test"];
const LONGEST_FUNCTION = 80;
const LONGEST_FILE = { code: 350, test: 400 } as const;
const FULLEST_FOLDER = 20;

/** Functions that are still too long. This list may only get shorter. */
const LONG_FUNCTIONS: readonly string[] = [];
/**
 * Folders in which files still import each other's types in a circle. This list may only get
 * shorter.
 */
const TYPE_CIRCLES: readonly string[] = [];

interface Node {
  readonly type: string;
  readonly start: number;
  readonly end: number;
}

interface Source {
  /** From the root of the repository. */
  readonly path: string;
  readonly text: string;
  readonly program: Node;
}

const sources: readonly Source[] = FOLDERS.flatMap((folder) =>
  readdirSync(join(ROOT, folder), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && /\.[cm]?[jt]sx?$/.test(entry.name))
    .filter((entry) => !entry.parentPath.endsWith("/generated"))
    .map((entry) => {
      const file = join(entry.parentPath, entry.name);
      const text = readFileSync(file, "utf8");
      const program = parseAst(text, { lang: "ts" }) as Node;
      return { path: file.slice(ROOT.length), text, program };
    }),
);
const isTest = ({ path }: Source) => path.startsWith("test/");

test("no function is longer than 80 lines", () => {
  expect(sources.length).toBeGreaterThan(400);
  const found = sources.filter((source) => !isTest(source)).flatMap(findLongFunctions);
  const isKnown = (each: string) => LONG_FUNCTIONS.some((known) => each.startsWith(`${known}: `));
  expect(found.filter((each) => !isKnown(each))).toEqual([]);
});

test("a function that is too long is found wherever it stands", () => {
  const body = "\n  go();".repeat(LONGEST_FUNCTION);
  for (const text of [
    `function a(): void {${body}\n}`,
    `export const a = async () => {${body}\n};`,
    `class A {\n  a(): void {${body}\n  }\n}`,
    `const all = { a() {${body}\n} };`,
    `run(function a() {${body}\n});`,
  ]) {
    const program = parseAst(text, { lang: "ts" }) as Node;
    expect(findLongFunctions({ path: "x.ts", text, program })).toEqual(["x.ts a: 82 lines"]);
  }
});

test("no file is longer than 350 lines, and no test than 400", () => {
  const found = sources
    .map((source) => ({ source, lines: source.text.split("\n").length - 1 }))
    .filter(({ source, lines }) => lines > LONGEST_FILE[isTest(source) ? "test" : "code"])
    .map(({ source, lines }) => `${source.path}: ${lines} lines`);
  expect(found).toEqual([]);
});

test("no folder has more than 20 files of its own", () => {
  const counts = new Map<string, number>();
  for (const { path } of sources) {
    counts.set(dirname(path), (counts.get(dirname(path)) ?? 0) + 1);
  }
  const full = [...counts].filter(([, count]) => count > FULLEST_FOLDER).map(([folder]) => folder);
  expect(full).toEqual([]);
});

test("no files import each other in a circle, but for the types that authors write with", () => {
  expect(findCircles(importsOf("values"))).toEqual([]);
  const circles = findCircles(importsOf("all")).filter(
    (circle) => !TYPE_CIRCLES.some((folder) => circle.every((path) => path.startsWith(folder))),
  );
  const isAuthoring = (circle: readonly string[]) =>
    circle.every((path) => path.startsWith("src/sdk/"));
  expect(circles.filter((circle) => !isAuthoring(circle))).toEqual([]);
  expect(circles.length).toBeLessThanOrEqual(1);
});

test("circles of imports are found", () => {
  const imports = new Map([
    ["a", ["b"]],
    ["b", ["c"]],
    ["c", ["b", "d"]],
    ["d", ["e"]],
    ["e", []],
    ["self", ["self"]],
  ]);
  expect(findCircles(imports)).toEqual([["b", "c"], ["self"]]);
});

function findLongFunctions({ path, text, program }: Source): readonly string[] {
  const found: string[] = [];
  visit(program, (node, parents) => {
    if (!/^(FunctionDeclaration|FunctionExpression|ArrowFunctionExpression)$/.test(node.type))
      return;
    const lines = text.slice(node.start, node.end).split("\n").length;
    if (lines > LONGEST_FUNCTION) found.push(`${path} ${nameOf(node, parents)}: ${lines} lines`);
  });
  return found;
}

/** The function's own name, or that of the variable, property or method that it is. */
function nameOf(node: Node, parents: readonly Node[]): string {
  for (const each of [node, ...parents.toReversed().slice(0, 2)]) {
    for (const key of ["id", "key"] as const) {
      const named: unknown = Reflect.get(each, key);
      const name = isNode(named) ? Reflect.get(named, "name") : undefined;
      if (typeof name === "string") return name;
    }
  }
  return "(anonymous)";
}

function visit(
  node: Node,
  see: (node: Node, parents: readonly Node[]) => void,
  parents: readonly Node[] = [],
): void {
  see(node, parents);
  for (const value of Object.values(node).flat()) {
    if (isNode(value)) visit(value, see, [...parents, node]);
  }
}

function isNode(value: unknown): value is Node {
  return typeof value === "object" && value !== null && "type" in value && "start" in value;
}

/**
 * Per file, the files that it imports; "values" leaves out what is gone when the types are
 * stripped.
 */
function importsOf(which: "values" | "all"): ReadonlyMap<string, readonly string[]> {
  const paths = new Set(sources.map(({ path }) => path));
  return new Map(
    sources.map(({ path, program }) => {
      const found: string[] = [];
      for (const statement of Object.values(program).flat()) {
        if (!isNode(statement) || (which === "values" && isTypeOnly(statement))) continue;
        const source: unknown = Reflect.get(statement, "source");
        const specifier = isNode(source) ? String(Reflect.get(source, "value")) : "";
        const target = join(dirname(path), specifier);
        if (specifier.startsWith(".") && paths.has(target)) found.push(target);
      }
      return [path, found];
    }),
  );
}

/** "import type", "export type", and a list of types only. */
function isTypeOnly(statement: Node): boolean {
  const kindOf = (node: Node) => Reflect.get(node, "importKind") ?? Reflect.get(node, "exportKind");
  if (kindOf(statement) === "type") return true;
  const specifiers: unknown = Reflect.get(statement, "specifiers");
  if (!Array.isArray(specifiers) || specifiers.length === 0) return false;
  return specifiers.every((each) => isNode(each) && kindOf(each) === "type");
}

/**
 * The strongly connected sets of files (Tarjan), each sorted; a file that imports itself is one.
 */
function findCircles(imports: ReadonlyMap<string, readonly string[]>): readonly string[][] {
  const order = new Map<string, number>();
  const lowest = new Map<string, number>();
  const open: string[] = [];
  const circles: string[][] = [];
  const go = (file: string): void => {
    const own = order.size;
    order.set(file, own);
    let low = own;
    open.push(file);
    for (const other of imports.get(file) ?? []) {
      if (!order.has(other)) go(other);
      if (open.includes(other)) low = Math.min(low, lowest.get(other) ?? order.get(other) ?? own);
    }
    lowest.set(file, low);
    if (low !== own) return;
    const circle = open.splice(open.indexOf(file));
    if (circle.length > 1 || imports.get(file)?.includes(file)) circles.push(circle.toSorted());
  };
  for (const file of imports.keys()) if (!order.has(file)) go(file);
  return circles.toSorted((a, b) => String(a[0]).localeCompare(String(b[0])));
}
