// The types of the API's document by operation.
import type { components, operations } from "./generated/types.ts";

export type OperationId = keyof operations;

/** A schema of the document. */
export type Schema<Name extends keyof components["schemas"]> = components["schemas"][Name];

type Json<Content> = Content extends { readonly "application/json": infer Value } ? Value : never;

/** The body that the operation takes; null where it may be left out and is; undefined for none. */
export type BodyOf<Id extends OperationId> = operations[Id] extends {
  readonly requestBody: { readonly content: infer Content };
}
  ? Json<Content>
  : operations[Id] extends { readonly requestBody?: { readonly content: infer Content } }
    ? Json<Content> | null
    : undefined;

/** The ids in the path, those that are integers as such. */
export type PathOf<Id extends OperationId> = operations[Id]["parameters"] extends {
  readonly path: infer Path;
}
  ? Path
  : Readonly<Record<never, never>>;

type Successes<Responses> = Responses[keyof Responses];

/** The JSON that it answers; undefined where it answers none. */
export type AnswerOf<Id extends OperationId> =
  Successes<operations[Id]["responses"]> extends { readonly content?: infer Content }
    ? [Json<NonNullable<Content>>] extends [never]
      ? undefined
      : Json<NonNullable<Content>>
    : undefined;
