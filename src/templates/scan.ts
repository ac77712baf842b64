// Reads a template without rendering it: which names it uses, which of them are unknown, what must be fetched first.
import type { DiagnosticCode } from "../model/diagnostics.ts";
import {
  childOf,
  childrenOf,
  compileTemplate,
  hasFilter,
  literalValue,
  parseTemplate,
  pathOf,
  type Renderer,
  type TemplateNode,
} from "./engine.ts";
import { checkTemplateName } from "./names.ts";

/** What a template needs from the client before it is rendered. */
export interface TemplateNeeds {
  readonly variables: ReadonlySet<string>;
  readonly connections: ReadonlySet<string>;
  /** By the text of the arguments, see `xcomKey`. */
  readonly xcoms: ReadonlyMap<string, { readonly taskId: string; readonly key: string }>;
}

export interface TemplateProblem {
  readonly code: DiagnosticCode & ("unknown-template-name" | "template-syntax");
  readonly message: string;
  readonly hint?: string;
}

export interface ScannedTemplate {
  readonly needs: TemplateNeeds;
  readonly problems: readonly TemplateProblem[];
  /** `undefined` when the syntax is bad. */
  readonly render: Renderer | undefined;
}

const MOST_SCANNED = 1_000;
const scanned = new Map<string, ScannedTemplate>();

/** Scans and compiles a template; answers are cached by its text. Never throws. */
export function scanTemplate(text: string): ScannedTemplate {
  let known = scanned.get(text);
  if (!known) {
    if (scanned.size >= MOST_SCANNED) scanned.clear();
    known = scan(text);
    scanned.set(text, known);
  }
  return known;
}

/** How one `xcom_pull` is kept between fetching and rendering. */
export function xcomKey(taskId: string, key: string): string {
  return JSON.stringify([taskId, key]);
}

function scan(text: string): ScannedTemplate {
  const needs: MutableNeeds = { variables: new Set(), connections: new Set(), xcoms: new Map() };
  try {
    const tree = parseTemplate(text);
    const scanner = new Scanner(needs, findLocalNames(tree));
    scanner.visit(tree);
    return { needs, problems: scanner.problems, render: compileTemplate(tree) };
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    const problem = { code: "template-syntax", message: `has bad syntax: ${message}` } as const;
    return { needs, problems: [problem], render: undefined };
  }
}

interface MutableNeeds {
  readonly variables: Set<string>;
  readonly connections: Set<string>;
  readonly xcoms: Map<string, { readonly taskId: string; readonly key: string }>;
}

class Scanner {
  readonly problems: TemplateProblem[] = [];
  readonly #needs: MutableNeeds;
  readonly #locals: ReadonlySet<string>;

  constructor(needs: MutableNeeds, locals: ReadonlySet<string>) {
    this.#needs = needs;
    this.#locals = locals;
  }

  visit(node: TemplateNode): void {
    switch (node.typename) {
      case "Symbol":
      case "LookupVal":
        this.#visitName(node);
        break;
      case "FunCall":
        this.#visitCall(node);
        break;
      case "Filter":
        this.#checkFilter(String(literalValue(childOf(node, "name"))));
        this.visit(childOf(node, "args"));
        break;
      case "Is":
        this.visit(childOf(node, "left"));
        break;
      case "Pair":
        if (childOf(node, "key").typename !== "Symbol") this.visit(childOf(node, "key"));
        this.visit(childOf(node, "value"));
        break;
      case "Include":
      case "Import":
      case "FromImport":
      case "Extends":
        this.#refuse({
          code: "template-syntax",
          message: `uses ${node.typename.toLowerCase()}, and there are no other templates`,
        });
        break;
      default:
        for (const child of childrenOf(node)) this.visit(child);
    }
  }

  #visitName(node: TemplateNode): void {
    const path = pathOf(node);
    if (!path) {
      for (const child of childrenOf(node)) this.visit(child);
      return;
    }
    if (this.#locals.has(path[0] ?? "")) return;
    const unknown = checkTemplateName(path);
    if (unknown) {
      const { name, hint } = unknown;
      const message = `uses "${name}", which templates don't have`;
      this.#refuse({ code: "unknown-template-name", message, ...(hint ? { hint } : {}) });
      return;
    }
    const [root, second, third] = path;
    if (root === "var" && third !== undefined) this.#needs.variables.add(third);
    if (root === "conn" && second !== undefined) this.#needs.connections.add(second);
  }

  #visitCall(node: TemplateNode): void {
    const name = childOf(node, "name");
    const given = childOf(node, "args");
    this.visit(given);
    const path = pathOf(name);
    const called = path?.join(".");
    const [first] = childrenOf(given);
    const literal = first?.typename === "Literal" ? String(literalValue(first)) : undefined;
    if (called === "var.value.get" || called === "var.json.get") {
      if (literal !== undefined) this.#needs.variables.add(literal);
      else this.#needLiteral(called);
    } else if (called === "conn.get") {
      if (literal !== undefined) this.#needs.connections.add(literal);
      else this.#needLiteral(called);
    } else if (called === "ti.xcom_pull" || called === "task_instance.xcom_pull") {
      this.#needXCom(given, called);
    } else {
      this.visit(name);
    }
  }

  #needXCom(given: TemplateNode, called: string): void {
    const options = new Map<string, unknown>();
    let position = 0;
    for (const node of childrenOf(given)) {
      if (node.typename === "KeywordArgs") {
        for (const pair of childrenOf(node)) {
          options.set(
            String(literalValue(childOf(pair, "key"))),
            literalOf(childOf(pair, "value")),
          );
        }
      } else {
        options.set(["task_ids", "dag_id", "key"][position] ?? "", literalOf(node));
        position += 1;
      }
    }
    const taskId = options.get("task_ids");
    const key = options.get("key") ?? "return_value";
    if (typeof taskId === "string" && typeof key === "string") {
      this.#needs.xcoms.set(xcomKey(taskId, key), { taskId, key });
    } else this.#needLiteral(called);
  }

  #needLiteral(called: string): void {
    const message = `calls ${called}() with something else than a text as written`;
    this.#refuse({ code: "template-syntax", message, hint: `write the name: ${called}("name")` });
  }

  #checkFilter(name: string): void {
    if (hasFilter(name)) return;
    const message = `uses the filter "${name}", which templates don't have`;
    this.#refuse({ code: "unknown-template-name", message });
  }

  #refuse(problem: TemplateProblem): void {
    if (!this.problems.some(({ message }) => message === problem.message))
      this.problems.push(problem);
  }
}

function literalOf(node: TemplateNode): unknown {
  return node.typename === "Literal" ? literalValue(node) : Symbol("not a literal");
}

/** Names that the template itself gives: by set, for, and macros with their arguments. */
function findLocalNames(tree: TemplateNode): ReadonlySet<string> {
  const names = new Set<string>();
  const add = (node: TemplateNode): void => {
    if (node.typename === "Symbol") names.add(String(literalValue(node)));
    else if (node.typename === "Pair") add(childOf(node, "key"));
    else for (const child of childrenOf(node)) add(child);
  };
  const visit = (node: TemplateNode): void => {
    const { typename } = node;
    if (typename === "For") add(childOf(node, "name"));
    if (typename === "Macro" || typename === "Caller") {
      add(childOf(node, "name"));
      add(childOf(node, "args"));
    }
    const targets: unknown = typename === "Set" ? Reflect.get(node, "targets") : undefined;
    if (Array.isArray(targets)) for (const target of targets) add(target);
    for (const child of childrenOf(node)) visit(child);
  };
  visit(tree);
  return names;
}
