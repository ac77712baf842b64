// Functions of templates, and how their arguments are read.
import { PythonError, typeError } from "../../model/python/errors.ts";
import { type Arguments, PythonObject, type Value } from "./values.ts";

/** A function or method: `{{ name(…) }}`. */
export class NativeFunction extends PythonObject {
  readonly typeName = "function";
  readonly functionName: string;
  readonly #run: (args: Arguments) => Value;
  readonly #members: ReadonlyMap<string, Value>;

  /** `members` are what stands behind a dot, as `datetime.now`. */
  constructor(
    functionName: string,
    run: (args: Arguments) => Value,
    members: ReadonlyMap<string, Value> = new Map(),
  ) {
    super();
    this.functionName = functionName;
    this.#run = run;
    this.#members = members;
  }

  /** Python prints an address in memory. */
  repr(): string {
    throw typeError(`"${this.functionName}" is a function; call it: ${this.functionName}(…)`);
  }
  override attribute(name: string): Value | undefined {
    return this.#members.get(name);
  }
  override call(args: Arguments): Value {
    return this.#run(args);
  }
}

/** Names behind a dot, as `macros.json`. */
export class Module extends PythonObject {
  readonly typeName = "module";
  readonly #name: string;
  readonly #members: ReadonlyMap<string, () => Value>;

  constructor(name: string, members: Readonly<Record<string, () => Value>>) {
    super();
    this.#name = name;
    this.#members = new Map(Object.entries(members));
  }

  repr(): string {
    throw typeError(`"${this.#name}" has no printed form; name one of its members`);
  }
  override attribute(name: string): Value | undefined {
    return this.#members.get(name)?.();
  }
}

/** Arguments in the order of the parameters, `undefined` where one isn't given. */
export type Given = readonly (Value | undefined)[];

/** Throws TypeError for arguments that don't fit the parameters; one with "?" may be left out. */
type ReadArguments = (args: Arguments) => Given;

/** Parameters of a function that takes them by position or name. */
export function parameters(functionName: string, ...names: readonly string[]): ReadArguments {
  const plain = names.map((name) => name.replace("?", ""));
  const isOptional = names.map((name) => name.endsWith("?"));
  return (args) => {
    checkCount(functionName, args.positional.length, names);
    const values: (Value | undefined)[] = names.map((_, index) => args.positional[index]);
    for (const [name, value] of args.named) {
      const index = plain.indexOf(name);
      if (index === -1) throw typeError(`${functionName}() takes no argument "${name}"`);
      if (values[index] !== undefined) throw typeError(`${functionName}() got "${name}" twice`);
      values[index] = value;
    }
    const missing = values.findIndex((value, index) => value === undefined && !isOptional[index]);
    if (missing !== -1) throw typeError(`${functionName}() needs the argument "${plain[missing]}"`);
    return values;
  };
}

/** Parameters of one of Python's own methods, which are taken by position only. */
export function positional(functionName: string, ...names: readonly string[]): ReadArguments {
  const read = parameters(functionName, ...names);
  return (args) => {
    const [name] = args.named.keys();
    if (name !== undefined)
      throw typeError(`${functionName}() takes no argument by name ("${name}")`);
    return read(args);
  };
}

function checkCount(functionName: string, given: number, names: readonly string[]): void {
  if (given <= names.length) return;
  throw typeError(
    `${functionName}() takes at most ${names.length} argument${names.length === 1 ? "" : "s"}, got ${given}`,
  );
}

/** Calls a value. Throws for what is not a function. */
export function callValue(callee: Value, args: Arguments, source: string): Value {
  const result =
    callee instanceof PythonObject && !Array.isArray(callee) ? callee.call(args) : undefined;
  if (result === undefined) throw typeError(`"${source}" is not a function`);
  return result;
}

/** The int that an argument must be. */
function requireInteger(value: Value, what: string): bigint {
  if (typeof value === "bigint") return value;
  if (typeof value === "boolean") return BigInt(value);
  throw typeError(`${what} needs an int`);
}

/** The int as a JavaScript number, for counts and places. */
export function requireIndex(value: Value, what: string): number {
  const integer = requireInteger(value, what);
  if (integer > 2n ** 53n || integer < -(2n ** 53n)) {
    throw new PythonError("OverflowError", `${what} got a number that is too large: ${integer}`);
  }
  return Number(integer);
}
