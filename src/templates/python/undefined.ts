// What stands for a name or member that isn't there. As Jinja2's StrictUndefined it may be tested
// with `is defined` and given a `default`; every other use is an error that names it.
import { TemplateNameError } from "./errors.ts";
import { PythonObject, type Value } from "./values.ts";

export class Undefined extends PythonObject {
  readonly typeName = "Undefined";
  readonly #message: string;

  constructor(message: string) {
    super();
    this.#message = message;
  }

  /** For a name or member as written in the template. */
  static named(source: string): Undefined {
    return new Undefined(`"${source}" is not defined`);
  }

  fail(): never {
    throw new TemplateNameError(this.#message);
  }
  /** Inside a list, where Jinja2 prints it. */
  repr(): string {
    return "Undefined";
  }
  override toText(): string {
    return this.fail();
  }
  override isTrue(): boolean {
    return this.fail();
  }
  override attribute(): never {
    this.fail();
  }
  override item(): never {
    this.fail();
  }
  override iterate(): Iterator<Value> {
    return this.fail();
  }
  override length(): number {
    return this.fail();
  }
  override contains(): never {
    this.fail();
  }
  override equals(_other: Value): boolean {
    return this.fail();
  }
  override compare(): never {
    this.fail();
  }
  override hashKey(): string {
    return this.fail();
  }
  override call(): never {
    this.fail();
  }
  override format(): never {
    this.fail();
  }
  override sign(): never {
    this.fail();
  }
  override operate(): never {
    this.fail();
  }
}

/**
 * What an `if` without `else` gives when its condition is false: Jinja2 lets it be printed, as
 * nothing, and be looped over. Members, calls and arithmetic are errors.
 */
export class EmptyElse extends Undefined {
  constructor() {
    super('the condition of an "if" without "else" was false');
  }

  override toText(): string {
    return "";
  }
  override isTrue(): boolean {
    return false;
  }
  override iterate(): Iterator<Value> {
    return [].values();
  }
  override length(): number {
    return 0;
  }
  override equals(other: Value): boolean {
    return other instanceof EmptyElse;
  }
  override hashKey(): string {
    return "EmptyElse";
  }
}
