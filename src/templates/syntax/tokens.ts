// Cuts a template into tokens, as Jinja2's lexer does with Airflow's settings: no line statements,
// blocks are not trimmed unless they ask for it, one newline at the end is dropped.
import { TemplateSyntaxError } from "../python/errors.ts";
import { readEscapes } from "./escapes.ts";

/** `operator` tokens have the operator as their text; `data` is what stands outside tags. */
export type TokenType =
  | "data"
  | "variable-begin"
  | "variable-end"
  | "block-begin"
  | "block-end"
  | "name"
  | "string"
  | "integer"
  | "float"
  | "operator"
  | "end";

export interface Token {
  readonly type: TokenType;
  readonly text: string;
  readonly line: number;
}

const TAG_BEGIN = /\{%[-+]?\s*raw\s*(?:-%\}\s*|%\})|\{\{[-+]?|\{%[-+]?|\{#[-+]?/g;
const RAW_END = /\{%([-+]?)\s*endraw\s*(?:\+%\}|-%\}\s*|%\})/g;
const COMMENT_END = /-#\}\s*|\+?#\}/g;
const VARIABLE_END = /-\}\}\s*|\}\}/y;
const BLOCK_END = /\+%\}|-%\}\s*|%\}/y;
const SPACE = /\s+/y;
const FLOAT = /(?<!\.)(?:\d+_)*\d+(?:(?:\.(?:\d+_)*\d+)?e[+-]?(?:\d+_)*\d+|\.(?:\d+_)*\d+)/iy;
const INTEGER = /0b(?:_?[01])+|0o(?:_?[0-7])+|0x(?:_?[\da-f])+|[1-9](?:_?\d)*|0(?:_?0)*/iy;
const NAME = /[\p{L}\p{N}\p{M}_]+/uy;
const STRING = /'[^'\\]*(?:\\[\s\S][^'\\]*)*'|"[^"\\]*(?:\\[\s\S][^"\\]*)*"/y;
const OPERATOR = /\/\/|\*\*|==|!=|>=|<=|[-+/*%~[\](){}><=.:|,;]/y;
const CLOSING: Readonly<Record<string, string>> = { "(": ")", "[": "]", "{": "}" };

/** The tokens of a template, with an `end` at the end. Throws TemplateSyntaxError. */
export function tokenize(source: string): readonly Token[] {
  const lines = source.split(/\r\n|\r|\n/);
  if (lines.at(-1) === "") lines.pop();
  return new Lexer(lines.join("\n")).run();
}

class Lexer {
  readonly #source: string;
  readonly #tokens: Token[] = [];
  #position = 0;
  #line = 1;

  constructor(source: string) {
    this.#source = source;
  }

  run(): readonly Token[] {
    while (this.#position < this.#source.length) this.#readOutside();
    this.#push("end", "");
    return this.#tokens;
  }

  /** Text up to the next tag, and that tag. */
  #readOutside(): void {
    const begin = this.#search(TAG_BEGIN);
    if (!begin) {
      this.#pushData(this.#source.slice(this.#position));
      this.#advance(this.#source.length);
      return;
    }
    const [mark] = begin;
    const text = this.#source.slice(this.#position, begin.index);
    this.#pushData(mark[2] === "-" ? trimEnd(text) : text);
    this.#advance(begin.index + mark.length);
    if (mark.startsWith("{#")) this.#skipComment();
    else if (mark.includes("raw")) this.#readRaw();
    else if (mark.startsWith("{{")) this.#readTag("variable-begin", "variable-end", VARIABLE_END);
    else this.#readTag("block-begin", "block-end", BLOCK_END);
  }

  #skipComment(): void {
    const end = this.#search(COMMENT_END);
    if (!end) throw this.#failure('a comment has no "#}"');
    this.#advance(end.index + end[0].length);
  }

  #readRaw(): void {
    if (this.#position === this.#source.length) return;
    const end = this.#search(RAW_END);
    if (!end) throw this.#failure('a raw block has no "{% endraw %}"');
    const text = this.#source.slice(this.#position, end.index);
    this.#pushData(end[1] === "-" ? trimEnd(text) : text);
    this.#advance(end.index + end[0].length);
  }

  #readTag(begin: TokenType, end: TokenType, pattern: RegExp): void {
    this.#push(begin, "");
    const open: string[] = [];
    while (this.#position < this.#source.length) {
      const closing = open.length === 0 ? this.#match(pattern) : undefined;
      if (closing !== undefined) {
        this.#push(end, closing.trim());
        this.#advance(this.#position + closing.length);
        return;
      }
      this.#readToken(open);
    }
  }

  /** One token inside a tag; brackets are put on or taken off `open`. */
  #readToken(open: string[]): void {
    const space = this.#match(SPACE);
    if (space !== undefined) {
      this.#advance(this.#position + space.length);
      return;
    }
    for (const [type, pattern] of [
      ["float", FLOAT],
      ["integer", INTEGER],
      ["name", NAME],
      ["string", STRING],
      ["operator", OPERATOR],
    ] as const) {
      const text = this.#match(pattern);
      if (text === undefined) continue;
      if (type === "operator") this.#balance(text, open);
      this.#push(type, type === "string" ? this.#unquote(text) : text);
      this.#advance(this.#position + text.length);
      return;
    }
    throw this.#failure(`unexpected ${JSON.stringify(this.#source[this.#position])}`);
  }

  #unquote(text: string): string {
    const inner = readEscapes(text.slice(1, -1));
    if (inner === undefined) throw this.#failure(`the text ${text} has a broken escape`);
    return inner;
  }

  #balance(operator: string, open: string[]): void {
    const closing = CLOSING[operator];
    if (closing !== undefined) open.push(closing);
    else if (")]}".includes(operator)) {
      const expected = open.pop();
      if (expected === undefined) throw this.#failure(`unexpected "${operator}"`);
      if (expected !== operator) {
        throw this.#failure(`unexpected "${operator}", expected "${expected}"`);
      }
    }
  }

  #search(pattern: RegExp): RegExpExecArray | null {
    pattern.lastIndex = this.#position;
    return pattern.exec(this.#source);
  }

  #match(pattern: RegExp): string | undefined {
    return this.#search(pattern)?.[0];
  }

  #pushData(text: string): void {
    if (text !== "") this.#push("data", text);
  }

  #push(type: TokenType, text: string): void {
    this.#tokens.push({ type, text, line: this.#line });
  }

  #advance(position: number): void {
    for (let at = this.#position; at < position; at += 1) {
      if (this.#source[at] === "\n") this.#line += 1;
    }
    this.#position = position;
  }

  #failure(message: string): TemplateSyntaxError {
    return new TemplateSyntaxError(message, this.#line);
  }
}

function trimEnd(text: string): string {
  return text.trimEnd();
}
