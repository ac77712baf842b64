// JSON of templates: read so that `1` is an int and `1.0` a float, and written as Python's
// json.dumps does.

import { type PythonError, typeError, valueError } from "../../model/python/errors.ts";
import { sorted } from "./compare.ts";
import { Dict } from "./dict.ts";
import { checkedText } from "./limits.ts";
import { textOf } from "./markup.ts";
import { floatRepr } from "./numbers.ts";
import { describe } from "./repr.ts";
import { Tuple } from "./tuple.ts";
import { typeNameOf, type Value } from "./values.ts";

const TOKEN =
  /\s*(?:([{}[\]:,])|("(?:[^"\\]|\\.)*")|(-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?)|(true|false|null|NaN|-?Infinity))\s*/y;
const WORDS: ReadonlyMap<string, Value> = new Map<string, Value>([
  ["true", true],
  ["false", false],
  ["null", null],
  ["NaN", Number.NaN],
  ["Infinity", Number.POSITIVE_INFINITY],
  ["-Infinity", Number.NEGATIVE_INFINITY],
]);

/** The value of a JSON text, as Python's json.loads. Throws ValueError for anything else. */
export function parseJson(text: string): Value {
  const reader = new JsonReader(text);
  const value = reader.read();
  reader.expectEnd();
  return value;
}

class JsonReader {
  readonly #text: string;
  #position = 0;

  constructor(text: string) {
    this.#text = text;
  }

  read(): Value {
    const [, mark, string, number, word] = this.#next();
    if (string !== undefined) return this.#string(string);
    if (number !== undefined) return /[.eE]/.test(number) ? Number(number) : BigInt(number);
    if (word !== undefined) return WORDS.get(word) ?? null;
    if (mark === "[") return this.#list();
    if (mark === "{") return this.#dict();
    throw this.#failure();
  }

  expectEnd(): void {
    if (this.#position < this.#text.length) throw this.#failure();
  }

  #list(): Value[] {
    const items: Value[] = [];
    if (this.#skip("]")) return items;
    do items.push(this.read());
    while (this.#skip(","));
    this.#expect("]");
    return items;
  }

  #dict(): Dict {
    const dict = new Dict();
    if (this.#skip("}")) return dict;
    do {
      const [, , key] = this.#next();
      if (key === undefined) throw this.#failure();
      this.#expect(":");
      dict.set(this.#string(key), this.read());
    } while (this.#skip(","));
    this.#expect("}");
    return dict;
  }

  #string(literal: string): string {
    try {
      return JSON.parse(literal);
    } catch {
      throw this.#failure();
    }
  }

  #next(): RegExpExecArray {
    TOKEN.lastIndex = this.#position;
    const match = TOKEN.exec(this.#text);
    if (!match) throw this.#failure();
    this.#position += match[0].length;
    return match;
  }

  #skip(mark: string): boolean {
    if (this.#text[this.#position] !== mark) return false;
    this.#next();
    return true;
  }

  #expect(mark: string): void {
    if (!this.#skip(mark)) throw this.#failure();
  }

  #failure(): PythonError {
    return valueError(`${describe(this.#text)} is not JSON (at character ${this.#position})`);
  }
}

/** How JSON is written; the defaults are those of json.dumps. */
export interface JsonForm {
  readonly indent?: string;
  readonly sortKeys?: boolean;
  readonly ensureAscii?: boolean;
  /** Between items, and between key and value. */
  readonly separators?: readonly [string, string];
}

/** The value as JSON. Throws TypeError for what JSON doesn't have, as dates. */
export function dumpJson(value: Value, form: JsonForm = {}): string {
  return checkedText(new JsonWriter(form).write(value, "\n"));
}

class JsonWriter {
  readonly #form: JsonForm;
  readonly #separators: readonly [string, string];
  readonly #open = new Set<object>();

  constructor(form: JsonForm) {
    this.#form = form;
    this.#separators = form.separators ?? (form.indent === undefined ? [", ", ": "] : [",", ": "]);
  }

  /** `newline` is a newline with the indentation around the value. */
  write(value: Value, newline: string): string {
    const text = textOf(value);
    if (text !== undefined) return this.#string(text);
    if (value === null) return "null";
    if (typeof value === "number") return jsonFloat(value);
    if (typeof value === "boolean" || typeof value === "bigint") return String(value);
    if (value instanceof Dict) {
      const writePairs = (inner: string) =>
        this.#pairs(value).map(
          ([key, item]) =>
            `${this.#string(jsonKey(key))}${this.#separators[1]}${this.write(item, inner)}`,
        );
      return this.#container(value, "{}", writePairs, newline);
    }
    if (value instanceof Tuple || Array.isArray(value)) {
      const items = value instanceof Tuple ? value.items : value;
      const writeItems = (inner: string) => items.map((item) => this.write(item, inner));
      return this.#container(value, "[]", writeItems, newline);
    }
    throw typeError(`${describe(value)} (${typeNameOf(value)}) can't be written as JSON`);
  }

  #container(
    value: object,
    brackets: string,
    writeItems: (newline: string) => readonly string[],
    newline: string,
  ): string {
    if (this.#open.has(value)) throw valueError("a list or dict that contains itself has no JSON");
    this.#open.add(value);
    const inner = newline + (this.#form.indent ?? "");
    const items = writeItems(inner);
    this.#open.delete(value);
    const [open = "", close = ""] = brackets;
    if (items.length === 0) return brackets;
    if (this.#form.indent === undefined) return open + items.join(this.#separators[0]) + close;
    return open + inner + items.join(this.#separators[0].trimEnd() + inner) + newline + close;
  }

  #pairs(dict: Dict): readonly (readonly [Value, Value])[] {
    const pairs = [...dict.entries()];
    if (!this.#form.sortKeys) return pairs;
    return sorted(dict.keys(), (key) => key).map((key) => [key, dict.item(key)] as const);
  }

  #string(text: string): string {
    const written = JSON.stringify(text);
    if (this.#form.ensureAscii === false) return written;
    return written.replaceAll(
      /[\u007f-\uffff]/g,
      (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`,
    );
  }
}

function jsonFloat(value: number): string {
  if (Number.isNaN(value)) return "NaN";
  if (!Number.isFinite(value)) return value > 0 ? "Infinity" : "-Infinity";
  return floatRepr(value);
}

function jsonKey(key: Value): string {
  const text = textOf(key);
  if (text !== undefined) return text;
  if (key === null) return "null";
  if (typeof key === "number") return jsonFloat(key);
  if (typeof key === "boolean" || typeof key === "bigint") return String(key);
  throw typeError(`${describe(key)} can't be a key of JSON`);
}

/** What a template sees of a JSON value of ours; whole numbers are ints. */
export function fromJson(json: unknown): Value {
  switch (typeof json) {
    case "string":
    case "boolean":
      return json;
    case "bigint":
      return json;
    case "number":
      return Number.isInteger(json) && !Object.is(json, -0) ? BigInt(json) : json;
    case "object":
      if (json === null) return null;
      if (Array.isArray(json)) return json.map(fromJson);
      return new Dict(Object.entries(json).map(([key, item]) => [key, fromJson(item)] as const));
    default:
      return null;
  }
}
