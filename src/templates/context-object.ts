// What stands behind `dag`, `ti`, `var` and the like in Airflow's context: members, and no
// JavaScript object.
import { typeError } from "../model/python/errors.ts";
import { NativeFunction, parameters } from "./python/functions.ts";
import { toText } from "./python/repr.ts";
import { type Arguments, orElse, PythonObject, type Value } from "./python/values.ts";

/** Members by name; absent ones are not defined. */
export class ContextObject extends PythonObject {
  readonly typeName: string;
  readonly #members: ReadonlyMap<string, Value>;
  readonly #text: string | undefined;

  /** Without a text it can't be printed: Airflow prints what is inside its own classes. */
  constructor(name: string, members: Readonly<Record<string, Value | undefined>>, text?: string) {
    super();
    this.typeName = name;
    this.#text = text;
    this.#members = new Map(
      Object.entries(members).filter(
        (member): member is [string, Value] => member[1] !== undefined,
      ),
    );
  }

  repr(): string {
    if (this.#text !== undefined) return this.#text;
    throw typeError(`"${this.typeName}" has no printed form; name one of its members`);
  }
  override attribute(name: string): Value | undefined {
    return this.#members.get(name);
  }
}

const readGet = parameters("get", "key", "default?");

/** Variables or connections by name, and `get(name, default)`. */
export class Accessor extends PythonObject {
  readonly typeName: string;
  readonly #values: ReadonlyMap<string, Value>;
  readonly #whenAbsent: Value;

  /** `whenAbsent` is what `get` gives without a default. */
  constructor(name: string, values: ReadonlyMap<string, Value>, whenAbsent: Value) {
    super();
    this.typeName = name;
    this.#values = values;
    this.#whenAbsent = whenAbsent;
  }

  repr(): string {
    throw typeError(`"${this.typeName}" has no printed form; name one of its members`);
  }
  override attribute(name: string): Value | undefined {
    const value = this.#values.get(name);
    if (value !== undefined || name !== "get") return value;
    return new NativeFunction("get", (args) => this.#get(args));
  }

  #get(args: Arguments): Value {
    const [key = null, fallback = this.#whenAbsent] = readGet(args);
    return orElse(this.#values.get(toText(key)), () => fallback);
  }
}
