// Writes numbers in the forms that `%` and `format()` share: f, e, g, and grouping of digits.

import { checkTextLength } from "../limits.ts";
import { divideAndRound, floatRepr, formatExponent, toFixed, toRatio } from "../numbers.ts";

/** The sign apart from the digits, so that padding can go between. */
export interface SignedDigits {
  readonly isNegative: boolean;
  readonly digits: string;
}

/**
 * A float in the form "f", "e" or "g" (or upper case), without its sign. `isAlternate` is the flag
 * "#".
 */
export function formatFloat(
  value: number,
  form: string,
  { precision, isAlternate }: { readonly precision: number; readonly isAlternate: boolean },
): SignedDigits {
  checkTextLength(precision);
  const isNegative = value < 0 || Object.is(value, -0);
  const lower = form.toLowerCase();
  let digits = writeMagnitude(Math.abs(value), lower, precision, isAlternate);
  if (form !== lower) digits = digits.toUpperCase();
  return { isNegative, digits };
}

function writeMagnitude(value: number, form: string, precision: number, isAlternate: boolean) {
  if (!Number.isFinite(value)) return floatRepr(value);
  if (form === "f") return toFixed(value, precision) + (isAlternate && precision === 0 ? "." : "");
  if (form === "e") {
    const { mantissa, exponent } = scientific(value, precision);
    const point = isAlternate && precision === 0 ? "." : "";
    return `${mantissa}${point}e${formatExponent(exponent)}`;
  }
  return general(value, Math.max(1, precision), isAlternate);
}

/**
 * Fixed or with an exponent, whichever is shorter for so many digits; zeros at the end are dropped.
 */
function general(value: number, precision: number, isAlternate: boolean): string {
  const { mantissa, exponent } = scientific(value, precision - 1);
  const drop = (text: string) => {
    if (isAlternate) return text.includes(".") ? text : `${text}.`;
    return text.includes(".") ? text.replace(/\.?0+$/, "") : text;
  };
  if (exponent >= -4 && exponent < precision) {
    return drop(toFixed(value, Math.max(0, precision - 1 - exponent)));
  }
  return `${drop(mantissa)}e${formatExponent(exponent)}`;
}

/**
 * One digit, so many decimals, and the exponent of ten; rounded half to even from the exact value.
 */
function scientific(value: number, decimals: number): { mantissa: string; exponent: number } {
  if (value === 0) return { mantissa: toFixed(0, decimals), exponent: 0 };
  let exponent = Number(value.toExponential().split("e")[1]);
  let mantissa = scaledToFixed(value, exponent, decimals);
  if (mantissa.startsWith("10")) {
    exponent += 1;
    mantissa = scaledToFixed(value, exponent, decimals);
  }
  return { mantissa, exponent };
}

/** `value / 10**exponent` with so many decimals. */
function scaledToFixed(value: number, exponent: number, decimals: number): string {
  const [numerator, denominator] = toRatio(value);
  const ten = 10n ** BigInt(Math.abs(exponent));
  const [top, bottom] =
    exponent < 0 ? [numerator * ten, denominator] : [numerator, denominator * ten];
  const scaled = divideAndRound(top * 10n ** BigInt(decimals), bottom);
  const digits = String(scaled).padStart(decimals + 1, "0");
  const whole = digits.slice(0, digits.length - decimals);
  return decimals > 0 ? `${whole}.${digits.slice(-decimals)}` : whole;
}

const BASES: Readonly<Record<string, number>> = { b: 2, o: 8, x: 16, X: 16, d: 10 };

/** An int in the base of the form b, o, x, X or d, with "0x" and the like when asked for. */
export function formatInteger(
  value: bigint,
  form: string,
  withPrefix: boolean,
): SignedDigits & { readonly prefix: string } {
  const magnitude = (value < 0n ? -value : value).toString(BASES[form] ?? 10);
  return {
    isNegative: value < 0n,
    digits: form === "X" ? magnitude.toUpperCase() : magnitude,
    prefix: withPrefix && form !== "d" ? `0${form}` : "",
  };
}

/**
 * Thousands, or fours for other bases, with the mark between; only the digits before the point are
 * grouped.
 */
export function group(digits: string, mark: string, size = 3): string {
  const pattern = size === 4 ? /^([\da-fA-F]+)(.*)$/s : /^(\d+)(.*)$/s;
  const [, whole = "", rest = ""] = pattern.exec(digits) ?? [];
  if (whole === "") return digits;
  const groups: string[] = [];
  for (let end = whole.length; end > 0; end -= size)
    groups.unshift(whole.slice(Math.max(0, end - size), end));
  return groups.join(mark) + rest;
}
