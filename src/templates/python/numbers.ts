// Python's numbers: how floats are written, exact rounding, and arithmetic of int and float.
import { PythonError, typeError, valueError } from "../../model/python/errors.ts";
import { checkBits } from "./limits.ts";
import type { ArithmeticOperator } from "./values.ts";

/**
 * `repr(float)`: the shortest digits that read back the same, with an exponent from 1e16 and below
 * 1e-4.
 */
export function floatRepr(value: number): string {
  if (Number.isNaN(value)) return "nan";
  if (!Number.isFinite(value)) return value > 0 ? "inf" : "-inf";
  if (Object.is(value, -0)) return "-0.0";
  const [digits = "", exponentText = "0"] = value.toExponential().split("e");
  const exponent = Number(exponentText);
  if (exponent >= 16 || exponent < -4) return `${digits}e${formatExponent(exponent)}`;
  const plain = Math.abs(value) >= 1e21 ? String(BigInt(value)) : plainDigits(digits, exponent);
  return plain.includes(".") ? plain : `${plain}.0`;
}

/** "+05", "-07": at least two digits. */
export function formatExponent(exponent: number): string {
  return `${exponent < 0 ? "-" : "+"}${String(Math.abs(exponent)).padStart(2, "0")}`;
}

/** "1.25" and 2 is "125"; "1.25" and -2 is "0.0125". */
function plainDigits(mantissa: string, exponent: number): string {
  const sign = mantissa.startsWith("-") ? "-" : "";
  const [whole = "", fraction = ""] = mantissa.replace("-", "").split(".");
  const digits = whole + fraction;
  const point = whole.length + exponent;
  if (point <= 0) return `${sign}0.${"0".repeat(-point)}${digits}`;
  if (point >= digits.length) return sign + digits.padEnd(point, "0");
  return `${sign}${digits.slice(0, point)}.${digits.slice(point)}`;
}

/** A finite float as the exact fraction `numerator / denominator`. */
export function toRatio(value: number): readonly [bigint, bigint] {
  if (!Number.isFinite(value)) throw valueError(`${floatRepr(value)} is no ratio of two ints`);
  let exponent = 0;
  let mantissa = value;
  while (!Number.isInteger(mantissa)) {
    mantissa *= 2;
    exponent += 1;
  }
  return [BigInt(mantissa), 2n ** BigInt(exponent)];
}

/** `numerator / denominator`, rounded half to even; the denominator is above 0. */
export function divideAndRound(numerator: bigint, denominator: bigint): bigint {
  const quotient = floorDivide(numerator, denominator);
  const twice = 2n * (numerator - quotient * denominator);
  const isUp = twice > denominator || (twice === denominator && quotient % 2n !== 0n);
  return isUp ? quotient + 1n : quotient;
}

/** The exact value with so many decimals, rounded half to even: what "%.2f" writes. */
export function toFixed(value: number | bigint, decimals: number): string {
  const [numerator, denominator] = typeof value === "bigint" ? [value, 1n] : toRatio(value);
  const scaled = divideAndRound(numerator * 10n ** BigInt(decimals), denominator);
  const isNegative = scaled < 0n || value < 0 || Object.is(value, -0);
  const digits = String(scaled < 0n ? -scaled : scaled).padStart(decimals + 1, "0");
  const whole = digits.slice(0, digits.length - decimals);
  return `${isNegative ? "-" : ""}${whole}${decimals > 0 ? `.${digits.slice(-decimals)}` : ""}`;
}

/** Python's `round(value, digits)`; an int stays an int. */
export function round(value: number | bigint, digits: number): number | bigint {
  if (typeof value === "bigint") {
    if (digits >= 0) return value;
    const unit = 10n ** BigInt(-digits);
    return divideAndRound(value, unit) * unit;
  }
  if (!Number.isFinite(value) || digits > 323) return value;
  if (digits >= 0) return Number(toFixed(value, digits));
  const [numerator, denominator] = toRatio(value);
  const unit = 10n ** BigInt(-digits);
  const rounded = Number(divideAndRound(numerator, denominator * unit) * unit);
  return rounded === 0 && value < 0 ? -0 : rounded;
}

/** Python's `//` of ints: rounds down. */
export function floorDivide(left: bigint, right: bigint): bigint {
  if (right === 0n) throw new PythonError("ZeroDivisionError", "division by zero");
  const quotient = left / right;
  return left % right !== 0n && left < 0n !== right < 0n ? quotient - 1n : quotient;
}

/** Python's `%` of ints: has the sign of the divisor. */
export function floorModulo(left: bigint, right: bigint): bigint {
  return left - floorDivide(left, right) * right;
}

/** The quotient of two ints as the nearest float, also where they are too large for one. */
export function trueDivide(left: bigint, right: bigint): number {
  if (right === 0n) throw new PythonError("ZeroDivisionError", "division by zero");
  const [a, b] = [Number(left), Number(right)];
  if (Number.isSafeInteger(a) && Number.isSafeInteger(b)) return a / b;
  const [top, bottom] = [left < 0n ? -left : left, right < 0n ? -right : right];
  const shift = Math.max(0, 66 + bottom.toString(2).length - top.toString(2).length);
  const scaled = top << BigInt(shift);
  // The last bit is sticky, so that what is cut off counts in the rounding.
  const quotient = (scaled / bottom) | (scaled % bottom === 0n ? 0n : 1n);
  const magnitude = Number(quotient) / 2 ** shift;
  if (!Number.isFinite(magnitude)) {
    throw new PythonError("OverflowError", "the result of the division is too large for a float");
  }
  return left < 0n === right < 0n ? magnitude : -magnitude;
}

export function calculateIntegers(
  operator: ArithmeticOperator,
  left: bigint,
  right: bigint,
): bigint | number {
  switch (operator) {
    case "+":
      return left + right;
    case "-":
      return left - right;
    case "*":
      checkBits(bitsOf(left) + bitsOf(right) - 1);
      return left * right;
    case "/":
      return trueDivide(left, right);
    case "//":
      return floorDivide(left, right);
    case "%":
      return floorModulo(left, right);
    case "**":
      if (right < 0n) return calculateFloats("**", Number(left), Number(right));
      if (left > 1n || left < -1n) checkBits(bitsOf(left) * Number(right));
      return left ** right;
  }
}

function bitsOf(value: bigint): number {
  return (value < 0n ? -value : value).toString(16).length * 4;
}

export function calculateFloats(operator: ArithmeticOperator, left: number, right: number): number {
  switch (operator) {
    case "+":
      return left + right;
    case "-":
      return left - right;
    case "*":
      return left * right;
    case "/":
      if (right === 0) throw new PythonError("ZeroDivisionError", "division by zero");
      return left / right;
    case "//":
      return floorFloats(left, right);
    case "%":
      return moduloFloats(left, right);
    case "**":
      return power(left, right);
  }
}

function moduloFloats(left: number, right: number): number {
  if (right === 0) throw new PythonError("ZeroDivisionError", "division by zero");
  const rest = left % right;
  if (rest === 0) return right < 0 ? -0 : 0;
  return rest < 0 === right < 0 ? rest : rest + right;
}

function floorFloats(left: number, right: number): number {
  const quotient = (left - moduloFloats(left, right)) / right;
  if (quotient === 0) return left / right < 0 || Object.is(left / right, -0) ? -0 : 0;
  const floor = Math.floor(quotient);
  return quotient - floor > 0.5 ? floor + 1 : floor;
}

function power(left: number, right: number): number {
  if (left === 0 && right < 0) {
    throw new PythonError("ZeroDivisionError", "0 can't be raised to a negative power");
  }
  if (left < 0 && Number.isFinite(left) && Number.isFinite(right) && !Number.isInteger(right)) {
    throw typeError("a negative number to a fraction is complex, which templates don't have");
  }
  // JavaScript: NaN; Python: 1.
  if (right === 0 || left === 1) return 1;
  if (left === -1 && !Number.isFinite(right) && !Number.isNaN(right)) return 1;
  const result = left ** right;
  if (!Number.isFinite(result) && Number.isFinite(left) && Number.isFinite(right)) {
    throw new PythonError("OverflowError", "the result of the power is too large for a float");
  }
  return result;
}

/** Python's `int(float)`: cuts the fraction off. */
export function truncate(value: number): bigint {
  if (Number.isNaN(value)) throw valueError("nan is not an int");
  if (!Number.isFinite(value)) throw new PythonError("OverflowError", "infinity is not an int");
  return BigInt(Math.trunc(value));
}

const INTEGER_FORMS: Readonly<Record<number, RegExp>> = {
  2: /^0b_?/i,
  8: /^0o_?/i,
  16: /^0x_?/i,
};

/** Python's `int(text, base)`; `undefined` when the text is not one. */
export function parseInteger(given: string, base: number): bigint | undefined {
  const match = /^([+-]?)([0-9a-z]+(?:_[0-9a-z]+)*)$/i.exec(given.trim());
  const [, sign = "", body = ""] = match ?? [];
  let digits = body.toLowerCase();
  let radix = base;
  if (base === 0) {
    radix = Number(Object.entries(INTEGER_FORMS).find(([, form]) => form.test(digits))?.[0] ?? 10);
    if (radix === 10 && /^0[0_]*[1-9]/.test(digits)) return undefined;
  }
  digits = digits.replace(INTEGER_FORMS[radix] ?? /^(?!)/, "").replaceAll("_", "");
  if (digits === "") return undefined;
  let value = 0n;
  for (const digit of digits) {
    const amount = Number.parseInt(digit, 36);
    if (Number.isNaN(amount) || amount >= radix) return undefined;
    value = value * BigInt(radix) + BigInt(amount);
  }
  return sign === "-" ? -value : value;
}

/** Python's `float(text)`; `undefined` when the text is not one. */
export function parseFloatText(given: string): number | undefined {
  const text = given.trim();
  const word = /^([+-]?)(?:(inf(?:inity)?)|nan)$/i.exec(text);
  if (word) {
    if (word[2] === undefined) return Number.NaN;
    return word[1] === "-" ? Number.NEGATIVE_INFINITY : Number.POSITIVE_INFINITY;
  }
  const digits = String.raw`\d+(?:_\d+)*`;
  const form = new RegExp(
    `^[+-]?(?:${digits}\\.?(?:${digits})?|\\.${digits})(?:e[+-]?${digits})?$`,
    "i",
  );
  return form.test(text) ? Number(text.replaceAll("_", "")) : undefined;
}
