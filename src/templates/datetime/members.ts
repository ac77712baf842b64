// Tables of the properties and methods of a class, as dates and spans have them.
import { NativeFunction } from "../python/functions.ts";
import type { Arguments, Value } from "../python/values.ts";

export interface Members<Self> {
  readonly properties: ReadonlyMap<string, (self: Self) => Value>;
  readonly methods: ReadonlyMap<string, (self: Self, args: Arguments) => Value>;
}

export function members<Self>(
  properties: Readonly<Record<string, (self: Self) => Value>>,
  methods: Readonly<Record<string, (self: Self, args: Arguments) => Value>>,
): Members<Self> {
  return {
    properties: new Map(Object.entries(properties)),
    methods: new Map(Object.entries(methods)),
  };
}

/**
 * The member of this name, a method bound to the object; `undefined` when there is none in any
 * table.
 */
export function memberOf<Self>(
  self: Self,
  name: string,
  ...tables: readonly Members<Self>[]
): Value | undefined {
  for (const { properties, methods } of tables) {
    const property = properties.get(name);
    if (property) return property(self);
    const method = methods.get(name);
    if (method) return new NativeFunction(name, (args) => method(self, args));
  }
  return undefined;
}
