// Errors that Python would raise in the same place.

type PythonErrorName =
  | "AttributeError"
  | "IndexError"
  | "KeyError"
  | "NotImplementedError"
  | "OverflowError"
  | "SecurityError"
  | "TypeError"
  | "ValueError"
  | "ZeroDivisionError";

/** What Python raises in the same place. */
export class PythonError extends Error {
  override readonly name: PythonErrorName;

  constructor(name: PythonErrorName, message: string) {
    super(message);
    this.name = name;
  }
}

export function typeError(message: string): PythonError {
  return new PythonError("TypeError", message);
}

export function valueError(message: string): PythonError {
  return new PythonError("ValueError", message);
}
