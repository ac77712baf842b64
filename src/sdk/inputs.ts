// What a task takes, as types: JSON values known now, or the results of upstream tasks.
import type { Json } from "../model/values/json.ts";
import type { TaskRef } from "./task-ref.ts";

/** `T` with everything that JSON can't carry turned into `never`; maps over `T`, so interfaces fit. */
export type Jsonable<T> = unknown extends T
  ? Json
  : T extends string | number | boolean | null | undefined
    ? T
    : T extends bigint | symbol | ((...args: never[]) => unknown)
      ? never
      : { [K in keyof T]: Jsonable<T[K]> };

/** A value known now, the result of an upstream task, or a list of such. */
export type Input<T> = Jsonable<T> | TaskRef<T> | InputList<T>;

type InputList<T> = unknown extends T
  ? never
  : T extends readonly (infer Item)[]
    ? readonly Input<Item>[]
    : never;

/** Named inputs of a task whose handler takes `A`. */
export type Inputs<A> = { readonly [K in keyof A]: Input<A[K]> };

/** Mapped inputs: for each name a list, known now or at run time. */
export type ListInputs<A> = { readonly [K in keyof A]: ListInput<A[K]> };

/** A list to map over, known now or the result of an upstream task. */
export type ListInput<T> = readonly Jsonable<T>[] | TaskRef<readonly T[]>;

/** Arguments of a handler that takes none. */
export type NoInputs = Record<never, never>;

/** The parameter list of a call with the inputs `A`: empty, optional or required. */
export type InputArguments<A> = [keyof A] extends [never]
  ? []
  : NoInputs extends A
    ? [inputs?: Inputs<A>]
    : [inputs: Inputs<A>];
