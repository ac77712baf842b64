// Python's `text % values`.
import { typeError, valueError } from "../../../model/python/errors.ts";
import { requireIndex } from "../functions.ts";
import { checkedText, checkTextLength } from "../limits.ts";
import { textOf } from "../markup.ts";
import { truncate } from "../numbers.ts";
import { Range } from "../range.ts";
import { describe, repr, toText } from "../repr.ts";
import { Tuple } from "../tuple.ts";
import {
  charactersOf,
  floatOf,
  integerOf,
  lengthOfText,
  PythonObject,
  typeNameOf,
  type Value,
} from "../values.ts";
import { formatFloat, formatInteger, type SignedDigits } from "./number-format.ts";

const DIRECTIVE =
  /%(?:\(([^()]*(?:\([^()]*\)[^()]*)*)\))?([-+ #0]*)(\*|\d+)?(?:\.(\*|\d*))?[hlL]?([\s\S]|$)/g;

interface Directive {
  readonly flags: string;
  readonly width: number;
  readonly precision: number | undefined;
  readonly form: string;
}

/**
 * The text with its directives replaced. Throws for too few or too many values, or ones of a wrong
 * type.
 */
export function formatPercent(format: string, given: Value): string {
  const values = given instanceof Tuple ? [...given.items] : [given];
  const isMapping = isMappingLike(given);
  let used = 0;
  let isNamed = false;
  const take = (): Value => {
    const value = values[used];
    used += 1;
    if (value === undefined) throw typeError(`too few values for the format ${repr(format)}`);
    return value;
  };
  const text = format.replaceAll(
    DIRECTIVE,
    (
      _match,
      key: string | undefined,
      flags: string,
      width: string | undefined,
      precision: string | undefined,
      form: string,
    ) => {
      if (form === "%") return "%";
      if (form === "")
        throw valueError(`the format ${repr(format)} ends in the middle of a directive`);
      const stars = width === "*" ? requireIndex(take(), "a width") : Number(width ?? 0);
      const directive = {
        flags: stars < 0 ? `${flags}-` : flags,
        width: Math.abs(stars),
        precision: readPrecision(precision, take),
        form,
      };
      checkTextLength(directive.width + (directive.precision ?? 0));
      if (key === undefined) return pad(directive, take());
      if (!isMapping || !(given instanceof PythonObject))
        throw typeError(`the format ${repr(format)} needs a dict`);
      isNamed = true;
      const value = given.item(key);
      if (value === undefined) throw typeError(`the format ${repr(format)} needs a dict`);
      return pad(directive, value);
    },
  );
  const isIgnored = isNamed || isMapping || Array.isArray(given) || given instanceof Range;
  if (used < values.length && !isIgnored) {
    throw typeError(`too many values for the format ${repr(format)}`);
  }
  return checkedText(text);
}

function readPrecision(text: string | undefined, take: () => Value): number | undefined {
  if (text === undefined) return undefined;
  return text === "*" ? Math.max(0, requireIndex(take(), "a precision")) : Number(text);
}

/** Python asks whether it has items by key and is neither a tuple nor a text. */
function isMappingLike(value: Value): boolean {
  return value instanceof PythonObject && value.typeName === "dict";
}

function pad(directive: Directive, value: Value): string {
  const { flags, width, form } = directive;
  const isLeft = flags.includes("-");
  if ("srac".includes(form)) {
    const text = formatText(directive, value);
    const fill = " ".repeat(Math.max(0, width - lengthOfText(text)));
    return isLeft ? text + fill : fill + text;
  }
  const { isNegative, digits, prefix } = formatNumber(directive, value);
  const sign = isNegative ? "-" : flags.includes("+") ? "+" : flags.includes(" ") ? " " : "";
  const missing = Math.max(0, width - sign.length - prefix.length - digits.length);
  if (isLeft) return sign + prefix + digits + " ".repeat(missing);
  if (flags.includes("0")) return sign + prefix + "0".repeat(missing) + digits;
  return " ".repeat(missing) + sign + prefix + digits;
}

function formatText({ form, precision }: Directive, value: Value): string {
  if (form === "c") return formatCharacter(value);
  const text = form === "s" ? toText(value) : form === "r" ? repr(value) : toAscii(repr(value));
  return precision === undefined ? text : charactersOf(text).slice(0, precision).join("");
}

function formatCharacter(value: Value): string {
  const text = textOf(value);
  if (text !== undefined && lengthOfText(text) === 1) return text;
  const code = integerOf(value);
  if (code === undefined)
    throw typeError(`%c needs an int or a single character, got ${describe(value)}`);
  if (code < 0n || code > 0x10ffffn) throw valueError(`%c got ${code}, which is no character`);
  return String.fromCodePoint(Number(code));
}

/** Everything beyond ASCII escaped, as Python's `ascii()`. */
export function toAscii(text: string): string {
  return text.replaceAll(/[^\p{ASCII}]/gu, (character) => {
    const code = character.codePointAt(0) ?? 0;
    const hex = code.toString(16);
    if (code <= 0xff) return `\\x${hex}`;
    return code <= 0xffff ? `\\u${hex.padStart(4, "0")}` : `\\U${hex.padStart(8, "0")}`;
  });
}

function formatNumber(
  directive: Directive,
  value: Value,
): SignedDigits & { readonly prefix: string } {
  const { form, flags, precision } = directive;
  const isAlternate = flags.includes("#");
  if ("eEfFgG".includes(form)) {
    const number = floatOf(value);
    if (number === undefined) throw wrongType(form, value);
    return { ...formatFloat(number, form, { precision: precision ?? 6, isAlternate }), prefix: "" };
  }
  if (!"diuoxX".includes(form)) throw valueError(`"%${form}" is not a directive of a format`);
  const isDecimal = "diu".includes(form);
  const integer =
    integerOf(value) ?? (isDecimal && typeof value === "number" ? truncate(value) : undefined);
  if (integer === undefined) throw wrongType(form, value);
  const number = formatInteger(integer, isDecimal ? "d" : form, isAlternate);
  return { ...number, digits: number.digits.padStart(precision ?? 0, "0") };
}

function wrongType(form: string, value: Value): Error {
  return typeError(`%${form} needs a number, got ${describe(value)} (${typeNameOf(value)})`);
}
