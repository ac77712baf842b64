// The values of templates, with Python's types: int is bigint, float is number, list is an array,
// the rest are objects of closed classes, so that nothing of JavaScript's (prototypes,
// constructors) can be reached from a template.
export type Value = null | boolean | bigint | number | string | Value[] | PythonObject;

/** What a function, filter or test is called with. */
export interface Arguments {
  readonly positional: readonly Value[];
  readonly named: ReadonlyMap<string, Value>;
}

export type ArithmeticOperator = "+" | "-" | "*" | "/" | "//" | "%" | "**";

/**
 * A value that is neither a number, a text nor a list. What a type can't do answers `undefined`.
 */
export abstract class PythonObject {
  /** Python's name of the type, as error messages have it. */
  abstract readonly typeName: string;

  /** As in a list: `repr(value)`. */
  abstract repr(): string;

  /** As printed: `str(value)`. */
  toText(): string {
    return this.repr();
  }

  isTrue(): boolean {
    return true;
  }

  attribute(_name: string): Value | undefined {
    return undefined;
  }

  /** `value[key]`. Throws when the key isn't there. */
  item(_key: Value): Value | undefined {
    return undefined;
  }

  iterate(): Iterator<Value> | undefined {
    return undefined;
  }

  length(): number | undefined {
    return undefined;
  }

  /** `value in this`. */
  contains(_value: Value): boolean | undefined {
    return undefined;
  }

  equals(other: Value): boolean {
    return this === other;
  }

  /** Below, at or above 0 as this sorts before, with or after the other. */
  compare(_other: Value): number | undefined {
    return undefined;
  }

  /** The same text for values that are one key of a dict. Throws for what can't be a key. */
  hashKey(): string {
    return `object ${identityOf(this)}`;
  }

  call(_args: Arguments): Value | undefined {
    return undefined;
  }

  /** The value in the form of a format's spec, `"{:%Y}".format(date)`. */
  format(_spec: string): string | undefined {
    return undefined;
  }

  /** `-this`, `+this` or `abs(this)`. */
  sign(_operator: "-" | "+" | "abs"): Value | undefined {
    return undefined;
  }

  /** `this + other`, or `other + this` when reflected. */
  operate(_operator: ArithmeticOperator, _other: Value, _isReflected: boolean): Value | undefined {
    return undefined;
  }
}

const identities = new WeakMap<object, number>();
let nextIdentity = 1;

function identityOf(object: object): number {
  let identity = identities.get(object);
  if (identity === undefined) {
    identity = nextIdentity;
    nextIdentity += 1;
    identities.set(object, identity);
  }
  return identity;
}

/** The value, or the fallback where there is none; unlike with `??`, None is a value. */
export function orElse(value: Value | undefined, fallback: () => Value): Value {
  return value === undefined ? fallback() : value;
}

/** Python's name of a value's type. */
export function typeNameOf(value: Value): string {
  switch (typeof value) {
    case "string":
      return "str";
    case "bigint":
      return "int";
    case "number":
      return "float";
    case "boolean":
      return "bool";
    default:
      if (value === null) return "NoneType";
      return Array.isArray(value) ? "list" : value.typeName;
  }
}

/** The value as an int; True and False are 1 and 0. `undefined` for anything else. */
export function integerOf(value: Value): bigint | undefined {
  if (typeof value === "bigint") return value;
  return typeof value === "boolean" ? BigInt(value) : undefined;
}

/** The value as a float where it is a number. */
export function floatOf(value: Value): number | undefined {
  return typeof value === "number" ? value : toOptionalNumber(integerOf(value));
}

function toOptionalNumber(value: bigint | undefined): number | undefined {
  return value === undefined ? undefined : Number(value);
}

/** Characters as Python counts them: by code point. */
export function charactersOf(text: string): readonly string[] {
  return isWide(text) ? [...text] : text.split("");
}

/** Python's `len(text)`. */
export function lengthOfText(text: string): number {
  return isWide(text) ? [...text].length : text.length;
}

function isWide(text: string): boolean {
  return /[\ud800-\udfff]/.test(text);
}
