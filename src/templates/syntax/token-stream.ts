// The tokens of a template with a place to read at, for the parser.
import { TemplateSyntaxError } from "../python/errors.ts";
import { type Token, type TokenType, tokenize } from "./tokens.ts";

const DESCRIPTIONS: Readonly<Partial<Record<TokenType, string>>> = {
  end: "the end of the template",
  "variable-end": 'the end of "{{ … }}"',
  "block-end": 'the end of "{% … %}"',
};

export class TokenStream {
  readonly #tokens: readonly Token[];
  #index = 0;

  constructor(source: string) {
    this.#tokens = tokenize(source);
  }

  get current(): Token {
    return this.#at(this.#index);
  }

  get following(): Token {
    return this.#at(this.#index + 1);
  }

  next(): Token {
    const token = this.current;
    this.#index += 1;
    return token;
  }

  isName(...names: readonly string[]): boolean {
    return this.current.type === "name" && names.includes(this.current.text);
  }

  isOperator(...operators: readonly string[]): boolean {
    return this.current.type === "operator" && operators.includes(this.current.text);
  }

  skipName(name: string): boolean {
    const isThere = this.isName(name);
    if (isThere) this.#index += 1;
    return isThere;
  }

  skipOperator(operator: string): boolean {
    const isThere = this.isOperator(operator);
    if (isThere) this.#index += 1;
    return isThere;
  }

  expectOperator(operator: string): void {
    if (!this.skipOperator(operator)) throw this.unexpected(`"${operator}"`);
  }

  /** The text of the name that must stand here. */
  expectName(): string {
    if (this.current.type !== "name") throw this.unexpected("a name");
    return this.next().text;
  }

  expectKeyword(name: string): void {
    if (!this.skipName(name)) throw this.unexpected(`"${name}"`);
  }

  expectEnd(type: "variable-end" | "block-end"): void {
    if (this.current.type !== type) throw this.unexpected(DESCRIPTIONS[type] ?? type);
    this.#index += 1;
  }

  unexpected(expected: string): TemplateSyntaxError {
    const { type, text } = this.current;
    return this.failure(`expected ${expected}, got ${DESCRIPTIONS[type] ?? `"${text}"`}`);
  }

  failure(message: string): TemplateSyntaxError {
    return new TemplateSyntaxError(message, this.current.line);
  }

  #at(index: number): Token {
    const token = this.#tokens[Math.min(index, this.#tokens.length - 1)];
    if (!token) throw new TypeError("a template has at least its end as token");
    return token;
  }
}
