// What stands for a name or member that isn't there. As Jinja2's StrictUndefined it may be tested with `is defined` and
// given a `default`; every other use is an error that names it.
import { TemplateNameError } from "./errors.ts";
import { PythonObject } from "./values.ts";

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
  override toText(): never {
    this.fail();
  }
  override isTrue(): never {
    this.fail();
  }
  override attribute(): never {
    this.fail();
  }
  override item(): never {
    this.fail();
  }
  override iterate(): never {
    this.fail();
  }
  override length(): never {
    this.fail();
  }
  override contains(): never {
    this.fail();
  }
  override equals(): never {
    this.fail();
  }
  override compare(): never {
    this.fail();
  }
  override hashKey(): never {
    this.fail();
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
