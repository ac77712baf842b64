// nunjucks, made as strict as Airflow's Jinja: undefined names fail, and Python's ways with dates and texts work.
import { compileFunction } from "node:vm";
import nunjucks from "nunjucks";
import { strftime } from "./dates.ts";
import { addValues, TemplateDate } from "./values.ts";

/** A node of nunjucks' syntax tree. */
export interface TemplateNode {
  readonly typename: string;
  readonly fields: readonly string[];
  readonly lineno: number;
}

// The parts of nunjucks that its type package leaves out.
declare module "nunjucks" {
  namespace parser {
    function parse(source: string, extensions: readonly never[], options: object): TemplateNode;
  }
  namespace runtime {
    function memberLookup(object: unknown, key: unknown): unknown;
  }
  namespace compiler {
    class Compiler {
      constructor(templateName: string, throwOnUndefined: boolean);
      compile(node: TemplateNode, frame?: object): void;
      compileSymbol(node: TemplateNode, frame: object): void;
      compileFilter(node: TemplateNode, frame: object): void;
      compileIs(node: TemplateNode, frame: object): void;
      compileFunCall(node: TemplateNode, frame: object): void;
      getCode(): string;
      buffer: string;
      _emit(code: string): void;
      _emitLine(code: string): void;
    }
  }
}

nunjucks.installJinjaCompat();

/** A name in a template that stands for nothing. */
export class TemplateNameError extends Error {
  override readonly name = "TemplateNameError";
}

/** Compiles to code that calls back into the `StrictEnvironment` for names, members, sums and output. */
class StrictCompiler extends nunjucks.compiler.Compiler {
  /** Above 0 where an undefined value is allowed, as in front of `default`. */
  #lenient = 0;

  override compileSymbol(node: TemplateNode, frame: object): void {
    this.#need(node, () => super.compileSymbol(node, frame));
  }

  compileLookupVal(node: TemplateNode, frame: object): void {
    this.#need(node, () => {
      this._emit("env.member((");
      this.#leniently(() => this.compile(childOf(node, "target"), frame));
      this._emit("),");
      this.#strictly(() => this.compile(childOf(node, "val"), frame));
      this._emit(")");
    });
  }

  override compileFunCall(node: TemplateNode, frame: object): void {
    this._emit(`env.call(${JSON.stringify(sourceOf(childOf(node, "name")))},(`);
    this.#leniently(() => this.compile(childOf(node, "name"), frame));
    this._emit("),[");
    this.#strictly(() => {
      for (const [index, argument] of childrenOf(childOf(node, "args")).entries()) {
        if (index > 0) this._emit(",");
        this.compile(argument, frame);
      }
    });
    this._emit("])");
  }

  override compileFilter(node: TemplateNode, frame: object): void {
    const name = literalValue(childOf(node, "name"));
    const compile = () => super.compileFilter(node, frame);
    if (name === "default" || name === "d") this.#leniently(compile);
    else this.#strictly(compile);
  }

  override compileIs(node: TemplateNode, frame: object): void {
    this.#leniently(() => super.compileIs(node, frame));
  }

  compileAdd(node: TemplateNode, frame: object): void {
    this.#emitSum(node, frame, 1);
  }

  compileSub(node: TemplateNode, frame: object): void {
    this.#emitSum(node, frame, -1);
  }

  compileOutput(node: TemplateNode, frame: object): void {
    for (const child of childrenOf(node)) {
      this._emit(`${this.buffer} += env.print((`);
      this.compile(child, frame);
      this._emitLine(`),${JSON.stringify(sourceOf(child))});`);
    }
  }

  #need(node: TemplateNode, emit: () => void): void {
    const isStrict = this.#lenient === 0;
    if (isStrict) this._emit("env.need((");
    emit();
    if (isStrict) this._emit(`),${JSON.stringify(sourceOf(node))})`);
  }

  #emitSum(node: TemplateNode, frame: object, sign: 1 | -1): void {
    this._emit("env.sum((");
    this.compile(childOf(node, "left"), frame);
    this._emit("),(");
    this.compile(childOf(node, "right"), frame);
    this._emit(`),${sign})`);
  }

  #leniently(emit: () => void): void {
    this.#lenient += 1;
    emit();
    this.#lenient -= 1;
  }

  #strictly(emit: () => void): void {
    const outer = this.#lenient;
    this.#lenient = 0;
    emit();
    this.#lenient = outer;
  }
}

/** What compiled templates call. */
class StrictEnvironment extends nunjucks.Environment {
  need(value: unknown, name: string): unknown {
    if (value === undefined) throw new TemplateNameError(`"${name}" is not defined`);
    return value;
  }

  /** With three places behind the object, a slice. */
  member(object: unknown, ...places: readonly unknown[]): unknown {
    const [key] = places;
    if (object === undefined || object === null) return undefined;
    if (places.length === 3) return slice(object, places);
    if (typeof object === "string" && typeof key === "string" && Object.hasOwn(TEXT_METHODS, key)) {
      return TEXT_METHODS[key]?.(object);
    }
    const index =
      typeof key === "number" && key < 0 && hasLength(object) ? object.length + key : key;
    return nunjucks.runtime.memberLookup(object, index);
  }

  call(name: string, callee: unknown, given: readonly unknown[]): unknown {
    if (callee === undefined) throw new TemplateNameError(`"${name}" is not defined`);
    if (typeof callee !== "function") throw new TypeError(`"${name}" is no function`);
    return Reflect.apply(callee, undefined, given);
  }

  sum(left: unknown, right: unknown, sign: 1 | -1): unknown {
    return addValues(left, right, sign);
  }

  /** As Jinja prints it, but objects and lists as JSON. */
  print(value: unknown, name: string): string {
    if (value === undefined) throw new TemplateNameError(`"${name}" is not defined`);
    if (value === null) return "None";
    const isPlain = typeof value === "object" && Object.getPrototypeOf(value) === Object.prototype;
    return isPlain || Array.isArray(value) ? JSON.stringify(value) : String(value);
  }
}

/** Methods of Python's texts that differ from those of JavaScript's. */
const TEXT_METHODS: Readonly<Record<string, (text: string) => (...given: string[]) => unknown>> = {
  upper: (text) => () => text.toUpperCase(),
  lower: (text) => () => text.toLowerCase(),
  title: (text) => () =>
    text.toLowerCase().replaceAll(/\b[a-z]/g, (letter) => letter.toUpperCase()),
  strip: (text) => () => text.trim(),
  lstrip: (text) => () => text.trimStart(),
  rstrip: (text) => () => text.trimEnd(),
  replace:
    (text) =>
    (from = "", to = "") =>
      text.replaceAll(from, () => to),
  split: (text) => (by) => (by === undefined ? text.trim().split(/\s+/) : text.split(by)),
  join: (text) => (list) => [list].flat().join(text),
  startswith:
    (text) =>
    (start = "") =>
      text.startsWith(start),
  endswith:
    (text) =>
    (end = "") =>
      text.endsWith(end),
  zfill: (text) => (width) => text.padStart(Number(width), "0"),
};

/** Python's slices of texts and lists. */
function slice(object: unknown, [start, stop, step]: readonly unknown[]): unknown {
  const items: readonly unknown[] | undefined =
    typeof object === "string" ? [...object] : Array.isArray(object) ? object : undefined;
  if (!items) throw new TypeError("only texts and lists have slices");
  const by = typeof step === "number" ? step : 1;
  if (by !== 1) throw new TypeError("slices in templates take no step");
  const part = items.slice(
    typeof start === "number" ? start : undefined,
    typeof stop === "number" ? stop : undefined,
  );
  return typeof object === "string" ? part.join("") : part;
}

function hasLength(value: unknown): value is { readonly length: number } {
  return typeof value === "string" || Array.isArray(value);
}

const environment = createEnvironment();

function createEnvironment(): StrictEnvironment {
  const created = new StrictEnvironment([], { autoescape: false, dev: true });
  const dates: Readonly<Record<string, string>> = {
    ds: "%Y-%m-%d",
    ds_nodash: "%Y%m%d",
    ts: "%Y-%m-%dT%H:%M:%S+00:00",
    ts_nodash: "%Y%m%dT%H%M%S",
    ts_nodash_with_tz: "%Y%m%dT%H%M%S+0000",
  };
  for (const [name, format] of Object.entries(dates)) {
    created.addFilter(name, (date: unknown) =>
      strftime(new Date(date instanceof TemplateDate ? date.ms : String(date)), format),
    );
  }
  created.addFilter("tojson", (value: unknown) => JSON.stringify(value));
  return created;
}

/** The syntax tree of a template. Throws an error with the line for bad syntax. */
export function parseTemplate(text: string): TemplateNode {
  return nunjucks.parser.parse(text, [], {});
}

/** Whether a filter of this name exists. */
export function hasFilter(name: string): boolean {
  try {
    return Boolean(environment.getFilter(name));
  } catch {
    return false;
  }
}

/** A compiled template: names in, text out. Throws what the template's expressions throw. */
export type Renderer = (names: object) => string;

/** Compiles a syntax tree. */
export function compileTemplate(tree: TemplateNode): Renderer {
  const compiler = new StrictCompiler("template", false);
  compiler.compile(tree);
  const obj: unknown = Reflect.apply(compileFunction(compiler.getCode()), undefined, []);
  const template: nunjucks.Template = Reflect.construct(nunjucks.Template, [
    { type: "code", obj },
    environment,
    "template",
  ]);
  return (names) => {
    try {
      return template.render(names);
    } catch (error) {
      throw error instanceof Error && error.cause instanceof Error ? error.cause : error;
    }
  };
}

/** The nodes below a node, in the order of its fields. */
export function childrenOf(node: TemplateNode): readonly TemplateNode[] {
  return node.fields.flatMap((field) => [Reflect.get(node, field)].flat().filter(isNode));
}

/** The node in a field. Throws when there is none. */
export function childOf(node: TemplateNode, field: string): TemplateNode {
  const child: unknown = Reflect.get(node, field);
  if (isNode(child)) return child;
  throw new TypeError(`a ${node.typename} has no ${field}`);
}

/** The value of a literal or symbol; `undefined` for any other node. */
export function literalValue(node: TemplateNode): unknown {
  return Reflect.get(node, "value");
}

function isNode(value: unknown): value is TemplateNode {
  return typeof value === "object" && value !== null && "typename" in value;
}

/** Names with dots as written; for other expressions something recognisable. */
function sourceOf(node: TemplateNode): string {
  const path = pathOf(node);
  if (path) return path.join(".");
  if (node.typename === "FunCall") return `${sourceOf(childOf(node, "name"))}(…)`;
  if (node.typename === "LookupVal") return `${sourceOf(childOf(node, "target"))}[…]`;
  return node.typename === "Filter" ? "the result of a filter" : "an expression";
}

/** The names of `a.b.c` or `a["b"].c`; `undefined` for anything else. */
export function pathOf(node: TemplateNode): readonly string[] | undefined {
  if (node.typename === "Symbol") return [String(literalValue(node))];
  if (node.typename !== "LookupVal") return undefined;
  const target = pathOf(childOf(node, "target"));
  const key = childOf(node, "val");
  return target && key.typename === "Literal" ? [...target, String(literalValue(key))] : undefined;
}
