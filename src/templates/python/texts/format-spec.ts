// Python's `format(value, spec)`: the part behind the colon in "{:>8.2f}".
import { typeError, valueError } from "../../../model/python/errors.ts";
import { checkedText, checkTextLength } from "../limits.ts";
import { textOf } from "../markup.ts";
import { floatRepr } from "../numbers.ts";
import { toText } from "../repr.ts";
import {
  charactersOf,
  floatOf,
  lengthOfText,
  PythonObject,
  typeNameOf,
  type Value,
} from "../values.ts";
import { formatFloat, formatInteger, group, type SignedDigits } from "./number-format.ts";

const SPEC =
  /^(?:([\s\S])?([<>=^]))?([-+ ])?(z)?(#)?(0)?(\d+)?([,_])?(?:\.(\d+))?([bcdeEfFgGnosxX%])?$/u;

interface Spec {
  readonly fill: string;
  readonly align: string;
  /** "" when the spec has none. */
  readonly sign: string;
  /** Whether a zero has no minus: the flag "z". */
  readonly isUnsignedZero: boolean;
  readonly isAlternate: boolean;
  readonly width: number;
  readonly mark: string;
  readonly precision: number | undefined;
  readonly form: string;
}

/** The value in the form of the spec. Throws for a spec that its type doesn't have. */
export function formatValue(value: Value, text: string): string {
  if (text === "") return toText(value);
  if (isObject(value) && textOf(value) === undefined) {
    const formatted = value.format(text);
    if (formatted === undefined) {
      throw typeError(`a ${typeNameOf(value)} can't be written in the form "${text}"`);
    }
    return formatted;
  }
  const spec = parseSpec(text);
  const string = textOf(value);
  if (string !== undefined) return formatString(string, spec, text);
  if (value === null || typeof value === "string" || Array.isArray(value) || isObject(value)) {
    throw typeError(`a ${typeNameOf(value)} can't be written in the form "${text}"`);
  }
  return formatNumber(value, spec, text);
}

function isObject(value: Value): value is PythonObject {
  return value instanceof PythonObject;
}

function parseSpec(text: string): Spec {
  const match = SPEC.exec(text);
  if (!match) throw valueError(`"${text}" is not a form for a number or text`);
  const [
    ,
    fill,
    align,
    sign = "",
    unsigned,
    hash,
    zero,
    width = "0",
    mark = "",
    precision,
    form = "",
  ] = match;
  const size = Number(width);
  checkTextLength(size + Number(precision ?? 0));
  return {
    fill: fill ?? (zero && align === undefined ? "0" : zero ? "0" : " "),
    align: align ?? (zero ? "=" : ""),
    sign,
    isUnsignedZero: unsigned !== undefined,
    isAlternate: hash !== undefined,
    width: size,
    mark,
    precision: precision === undefined ? undefined : Number(precision),
    form,
  };
}

function formatString(value: string, spec: Spec, text: string): string {
  const isPlain = spec.form === "" || spec.form === "s";
  const isNumeric = spec.mark !== "" || spec.sign !== "" || spec.isAlternate || spec.isUnsignedZero;
  if (!isPlain || isNumeric || (spec.align === "=" && !/^0\d/.test(text))) {
    throw valueError(`a text can't be written in the form "${text}"`);
  }
  const cut =
    spec.precision === undefined ? value : charactersOf(value).slice(0, spec.precision).join("");
  return align(cut, { ...spec, align: spec.align === "=" || spec.align === "" ? "<" : spec.align });
}

function align(text: string, { fill, align: side, width }: Spec): string {
  const missing = Math.max(0, width - lengthOfText(text));
  if (side === "<") return text + fill.repeat(missing);
  const left = side === "^" ? Math.floor(missing / 2) : missing;
  return checkedText(fill.repeat(left) + text + fill.repeat(missing - left));
}

function formatNumber(value: bigint | boolean | number, spec: Spec, text: string): string {
  const { isNegative, digits, prefix } = writeNumber(value, spec, text);
  const isZero = spec.isUnsignedZero && !/[1-9a-z]/i.test(digits);
  const sign = isNegative && !isZero ? "-" : spec.sign === "-" ? "" : spec.sign;
  const head = sign + prefix;
  const size = "boxX".includes(spec.form) && spec.form !== "" ? 4 : 3;
  const isZeroFilled = spec.align === "=" && spec.fill === "0";
  let body = spec.mark === "" ? digits : group(digits, spec.mark, size);
  if (isZeroFilled && spec.mark !== "")
    body = zeroFill(digits, spec, size, spec.width - head.length);
  if (spec.align !== "=") return align(head + body, { ...spec, align: spec.align || ">" });
  return head + spec.fill.repeat(Math.max(0, spec.width - head.length - lengthOfText(body))) + body;
}

/** Zeros in front are grouped too, so there may be one character more than asked for. */
function zeroFill(digits: string, { mark }: Spec, size: number, width: number): string {
  let filled = digits;
  while (group(filled, mark, size).length < width) filled = `0${filled}`;
  return group(filled, mark, size);
}

function writeNumber(
  value: bigint | boolean | number,
  spec: Spec,
  text: string,
): SignedDigits & { readonly prefix: string } {
  const { form, precision, isAlternate } = spec;
  if (typeof value !== "number" && (form === "" || "bcdnoxX".includes(form))) {
    if (typeof value === "boolean" && form === "") return writeInteger(BigInt(value), spec, text);
    return writeInteger(BigInt(value), spec, text);
  }
  const number = floatOf(value) ?? Number.NaN;
  if (form === "%") {
    const percent = formatFloat(number * 100, "f", { precision: precision ?? 6, isAlternate });
    return { ...percent, digits: `${percent.digits}%`, prefix: "" };
  }
  if (form === "") return { ...writeShortest(number, spec), prefix: "" };
  if (!"eEfFgGn".includes(form))
    throw valueError(`a number can't be written in the form "${text}"`);
  const shown = form === "n" ? "g" : form;
  return { ...formatFloat(number, shown, { precision: precision ?? 6, isAlternate }), prefix: "" };
}

function writeInteger(value: bigint, { form, precision, isAlternate }: Spec, text: string) {
  if (precision !== undefined) throw valueError(`an int can't be written in the form "${text}"`);
  if (form === "c") {
    return { isNegative: false, digits: String.fromCodePoint(Number(value)), prefix: "" };
  }
  return formatInteger(value, form === "" || form === "n" ? "d" : form, isAlternate);
}

/** Without a form: as `repr` writes it, or like "g" with at least one decimal. */
function writeShortest(value: number, { precision, isAlternate }: Spec): SignedDigits {
  const isNegative = value < 0 || Object.is(value, -0);
  if (precision === undefined) return { isNegative, digits: floatRepr(Math.abs(value)) };
  const { digits } = formatFloat(value, "g", { precision, isAlternate });
  const exponent = Number(
    Math.abs(value)
      .toExponential(Math.max(0, precision - 1))
      .split("e")[1],
  );
  const isPlain = /^\d+$/.test(digits);
  if (isPlain && exponent >= Math.max(1, precision) - 1 && Number.isFinite(value)) {
    const { digits: scientific } = formatFloat(value, "e", {
      precision: Math.max(0, precision - 1),
      isAlternate,
    });
    return { isNegative, digits: scientific.replace(/\.?0+e/, "e") };
  }
  return { isNegative, digits: isPlain ? `${digits}.0` : digits };
}
