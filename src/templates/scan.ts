// Reads a template without rendering it: which names it uses, which of them are unknown, what must
// be fetched first.

import type { DiagnosticCode } from "../model/diagnostics.ts";
import { nearestName } from "../model/values/nearest-name.ts";
import { RecentMap } from "../model/values/recent-map.ts";
import { FILTER_NAMES, TEST_NAMES } from "./filters/names.ts";
import { checkTemplateName } from "./names.ts";
import { UnsupportedTagError } from "./python/errors.ts";
import {
  type Body,
  type Expression,
  pathOf,
  type Statement,
  type Target,
  type TemplateNode,
  walk,
} from "./syntax/nodes.ts";
import { parseTemplate } from "./syntax/parse-statement.ts";
import { isXComPull, readXComNeeds, type XComNeed, xcomKey } from "./xcom-needs.ts";

/** What a template needs from the client before it is rendered. */
export interface TemplateNeeds {
  readonly variables: ReadonlySet<string>;
  readonly connections: ReadonlySet<string>;
  /** By `xcomKey`. */
  readonly xcoms: ReadonlyMap<string, XComNeed>;
  /** Whether it uses the events that have triggered the run. */
  readonly triggeringEvents: boolean;
}

export interface TemplateProblem {
  readonly code: DiagnosticCode & ("unknown-template-name" | "template-syntax");
  readonly message: string;
  readonly hint?: string;
  /** That is not known. */
  readonly name?: string;
}

export interface ScannedTemplate {
  readonly needs: TemplateNeeds;
  readonly problems: readonly TemplateProblem[];
  /** `undefined` when the syntax is bad. */
  readonly body: Body | undefined;
}

const MOST_SCANNED = 1_000;
const scanned = new RecentMap<string, ScannedTemplate>(MOST_SCANNED);

/** Scans and parses a template; answers are cached by its text. Never throws. */
export function scanTemplate(text: string): ScannedTemplate {
  let known = scanned.get(text);
  if (!known) {
    known = scan(text);
    scanned.set(text, known);
  }
  return known;
}

function scan(text: string): ScannedTemplate {
  const needs: MutableNeeds = {
    variables: new Set(),
    connections: new Set(),
    xcoms: new Map(),
    triggeringEvents: false,
  };
  try {
    const body = parseTemplate(text);
    const scanner = new Scanner(needs, findOwnNames(body));
    scanner.visit(body);
    return { needs, problems: scanner.problems, body };
  } catch (error) {
    return { needs, problems: [toSyntaxProblem(error)], body: undefined };
  }
}

function toSyntaxProblem(error: unknown): TemplateProblem {
  const reason = error instanceof Error ? error.message : String(error);
  if (error instanceof UnsupportedTagError) return { code: "template-syntax", message: reason };
  const shown = error instanceof RangeError ? "it is nested too deeply" : reason;
  return { code: "template-syntax", message: `has bad syntax: ${shown}` };
}

interface MutableNeeds {
  readonly variables: Set<string>;
  readonly connections: Set<string>;
  readonly xcoms: Map<string, XComNeed>;
  triggeringEvents: boolean;
}

class Scanner {
  readonly problems: TemplateProblem[] = [];
  readonly #needs: MutableNeeds;
  /** Names that need not be known. */
  readonly #own: ReadonlySet<string>;

  constructor(needs: MutableNeeds, own: ReadonlySet<string>) {
    this.#needs = needs;
    this.#own = own;
  }

  /** Visits what is below anything of the tree. */
  visit(part: unknown): void {
    if (Array.isArray(part)) for (const item of part) this.visit(item);
    else if (isNode(part)) this.#visitNode(part);
    else if (typeof part === "object" && part !== null) this.visit(Object.values(part));
  }

  #visitNode(node: TemplateNode): void {
    switch (node.kind) {
      case "name":
      case "attribute":
      case "item":
        this.#visitName(node);
        return;
      case "call":
        this.#visitCall(node);
        return;
      case "filter":
        this.#checkName("filter", node.filter.name, FILTER_NAMES);
        break;
      case "test":
        this.#checkName("test", node.test.name, TEST_NAMES);
        break;
      case "set-block":
      case "filter-block":
        for (const { name } of node.filters) this.#checkName("filter", name, FILTER_NAMES);
        break;
      default:
    }
    this.visit(partsOf(node));
  }

  #visitName(node: Expression & { kind: "name" | "attribute" | "item" }): void {
    const path = pathOf(node);
    if (!path) {
      this.visit(partsOf(node));
      return;
    }
    const [root = "", second, third] = path;
    if (this.#own.has(root)) return;
    const unknown = checkTemplateName(path);
    if (unknown) {
      const { name, hint } = unknown;
      const message = `uses "${name}", which templates don't have`;
      this.#refuse({ code: "unknown-template-name", message, name, ...(hint ? { hint } : {}) });
      return;
    }
    if (root === "triggering_asset_events") this.#needs.triggeringEvents = true;
    if (root === "var" && third !== undefined) this.#needs.variables.add(third);
    else if (root === "conn" && second !== undefined) this.#needs.connections.add(second);
    else if (isXComPull(path)) {
      this.#refuse({
        code: "template-syntax",
        message: `uses ${path.join(".")} without calling it`,
      });
    } else if (root === "var" || root === "conn") this.#needLiteral(path.join("."));
  }

  #visitCall(node: Expression & { kind: "call" }): void {
    const { callee, args } = node;
    this.visit(args);
    const path = pathOf(callee);
    const called = path?.join(".") ?? "";
    const [first] = args.positional;
    const literal = first?.kind === "constant" ? String(first.value) : undefined;
    if (called === "var.value.get" || called === "var.json.get") {
      if (literal !== undefined) this.#needs.variables.add(literal);
      else this.#needLiteral(called);
    } else if (called === "conn.get") {
      if (literal !== undefined) this.#needs.connections.add(literal);
      else this.#needLiteral(called);
    } else if (path && isXComPull(path)) this.#needXComs(called, node);
    else this.visit(callee);
  }

  #needXComs(called: string, node: Expression & { kind: "call" }): void {
    const needs = readXComNeeds(node.args);
    if (needs === undefined) this.#needLiteral(called);
    else if ("refused" in needs) {
      const message = `calls ${called}() with ${needs.refused}, and only XComs of the same run can be read`;
      this.#refuse({ code: "template-syntax", message });
    } else for (const need of needs) this.#needs.xcoms.set(xcomKey(need), need);
  }

  #needLiteral(called: string): void {
    const message = `calls ${called}() with something else than a text as written`;
    this.#refuse({ code: "template-syntax", message, hint: `write the name: ${called}("name")` });
  }

  #checkName(what: "filter" | "test", name: string, known: readonly string[]): void {
    if (known.includes(name)) return;
    const meant = nearestName(name, known);
    this.#refuse({
      code: "unknown-template-name",
      message: `uses the ${what} "${name}", which templates don't have`,
      ...(meant ? { hint: `did you mean "${meant}"?` } : {}),
    });
  }

  #refuse(problem: TemplateProblem): void {
    if (!this.problems.some(({ message }) => message === problem.message))
      this.problems.push(problem);
  }
}

function isNode(part: unknown): part is TemplateNode {
  return typeof part === "object" && part !== null && "kind" in part;
}

/** What is below a node, without what it assigns to. */
function partsOf(node: TemplateNode): readonly unknown[] {
  const assigns = "target" in node && isAssigning(node);
  return Object.entries(node)
    .filter(([name]) => !(assigns && name === "target"))
    .map(([, value]) => value);
}

function isAssigning({ kind }: TemplateNode): boolean {
  return kind === "for" || kind === "set" || kind === "set-block";
}

/**
 * Names that the template itself gives (by set, for, with and macros), and those that it tests (`is
 * defined`) or gives a `default`, which may be unknown.
 */
function findOwnNames(body: Body): ReadonlySet<string> {
  const names = new Set<string>();
  for (const node of walk(body)) {
    for (const name of namesGivenBy(node)) names.add(name);
    const guarded = guardedBy(node);
    if (guarded?.kind === "name") names.add(guarded.name);
  }
  return names;
}

function namesGivenBy(node: TemplateNode): readonly string[] {
  switch (node.kind) {
    case "for":
    case "set":
    case "set-block":
      return namesIn(node.target);
    case "with":
      return node.assignments.flatMap(({ target }) => namesIn(target));
    case "macro":
      return [node.name, ...parametersOf(node)];
    case "call-block":
      return parametersOf(node);
    default:
      return [];
  }
}

function parametersOf({ parameters }: Statement & { kind: "macro" | "call-block" }): string[] {
  return parameters.map(({ name }) => name);
}

function namesIn(target: Target): readonly string[] {
  if (target.kind === "tuple") return target.items.flatMap(namesIn);
  return target.kind === "name" ? [target.name] : [];
}

function guardedBy(node: TemplateNode): Expression | undefined {
  const isGuard =
    node.kind === "test" || (node.kind === "filter" && ["default", "d"].includes(node.filter.name));
  return isGuard ? node.target : undefined;
}
