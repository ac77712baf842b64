// Members of ints and floats: `n.bit_length()`, `x.is_integer()`.
import { NativeFunction } from "./functions.ts";
import { toRatio } from "./numbers.ts";
import { Tuple } from "./tuple.ts";
import { integerOf, type Value } from "./values.ts";

/** A member of a number; `undefined` when it has none of this name. */
export function numberMember(value: Value, name: string): Value | undefined {
  const number = integerOf(value) ?? (typeof value === "number" ? value : undefined);
  if (number === undefined) return undefined;
  if (name === "real") return number;
  if (name === "imag") return typeof number === "bigint" ? 0n : 0;
  const result = methodOf(number, name);
  return result && new NativeFunction(name, result);
}

function methodOf(number: bigint | number, name: string): (() => Value) | undefined {
  if (name === "is_integer") return () => typeof number === "bigint" || Number.isInteger(number);
  if (name === "conjugate") return () => number;
  if (name === "as_integer_ratio") {
    return () => {
      if (typeof number === "bigint") return new Tuple([number, 1n]);
      return new Tuple([...toRatio(number)]);
    };
  }
  if (name !== "bit_length" || typeof number !== "bigint") return undefined;
  return () => (number === 0n ? 0n : BigInt((number < 0n ? -number : number).toString(2).length));
}
