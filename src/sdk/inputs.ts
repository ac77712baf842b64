// What a task takes, as types: JSON values known now, or the results of upstream tasks.
import type { Json, JsonObject } from "../model/values/json.ts";
import type { TaskRef } from "./task-ref.ts";

/**
 * `T` with everything that JSON can't carry turned into `never`; maps over `T`, so interfaces pass.
 */
export type Jsonable<T> = unknown extends T
  ? Json
  : T extends Json | undefined
    ? T
    : T extends bigint | symbol | ((...args: never[]) => unknown)
      ? never
      : { [K in keyof T]: Jsonable<T[K]> };

/**
 * `unknown` when JSON can carry the result `R`; otherwise a type that no work has, so that the
 * compiler refuses a task that returns a Date, a Map, a function or an object with methods. The
 * result of a generic function isn't known yet and passes: written the other way round, the
 * compiler would have to refuse it.
 */
export type CheckedResult<R> = [false] extends [IsJson<R>] ? ResultMustBeJson<R> : unknown;

type IsJson<R> = [R] extends [JsonResult<R>] ? true : false;

/** The compiler prints this name for a task whose result JSON can't carry. */
interface ResultMustBeJson<R> {
  readonly [NOT_JSON]: R;
}

declare const NOT_JSON: unique symbol;

/** As `Jsonable`, but a part of unknown type passes, and a task may return nothing. */
type JsonResult<T> = unknown extends T
  ? T
  : T extends Json | undefined
    ? T
    : T extends bigint | symbol | ((...args: never[]) => unknown)
      ? never
      : { [K in keyof T]: JsonResult<T[K]> };

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

/** Lists of JSON values, objects whose entries are mapped over, and results that are such. */
export type MappedList = readonly Json[] | JsonObject | TaskRef<readonly unknown[] | object>;

/** What an instance gets of each list. */
export type ItemsOf<L> = { readonly [K in keyof L]: ItemOf<L[K]> };

type ItemOf<T> =
  T extends TaskRef<infer R>
    ? ItemOf<R>
    : T extends readonly (infer Item)[]
      ? Item
      : T extends object
        ? readonly [string, T[keyof T]]
        : never;
