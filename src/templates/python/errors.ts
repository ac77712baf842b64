// Errors of templates: bad syntax, names that stand for nothing, and what is not supported.
import { PythonError } from "../../model/python/errors.ts";

/** A template that can't be parsed; the message says where. */
export class TemplateSyntaxError extends Error {
  override readonly name = "TemplateSyntaxError";

  constructor(message: string, line: number) {
    super(`${message} in line ${line}`);
  }
}

/** A name in a template that stands for nothing. */
export class TemplateNameError extends Error {
  override readonly name = "TemplateNameError";
}

/** Something that Airflow renders and templates here do not. */
export function unsupported(message: string): PythonError {
  return new PythonError("NotImplementedError", message);
}

/** A tag of Jinja2 that has nothing to work on here; the message reads on from "Template …". */
export class UnsupportedTagError extends Error {
  override readonly name = "UnsupportedTagError";
}
