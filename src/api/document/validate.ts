// Checks bodies against the API's document.
import { Ajv2020, type ErrorObject, type ValidateFunction } from "ajv/dist/2020.js";
import { parseMoment } from "../../model/values/time.ts";
import { OPERATIONS } from "./generated/operations.ts";
import { partOf, reachable } from "./reachable.ts";
import { readDocument } from "./read-document.ts";
import type { OperationId } from "./shapes.ts";

/** Two kinds: those that stop at the first mistake, and those that find all. */
const FIRST = createValidators({ allErrors: false });
const ALL = createValidators({ allErrors: true });
/**
 * Characters of a body in which all mistakes are looked for: a large one may have very many, and Ajv
 * copies those that it has at each further one.
 */
const MAX_LENGTH_FOR_ALL = 8_192;

/** What is wrong with the operation's body; empty if nothing is. */
export function findMistakes(id: OperationId, body: unknown): readonly ErrorObject[] {
  const isGood = FIRST(id);
  if (isGood(body)) return [];
  const isLarge = JSON.stringify(body).length > MAX_LENGTH_FOR_ALL;
  const validate = isLarge ? isGood : ALL(id);
  return validate(body) ? [] : (validate.errors ?? []);
}

/** Each is made at first use: an operation takes some milliseconds. */
function createValidators(options: { readonly allErrors: boolean }) {
  const validators = new Map<OperationId, ValidateFunction>();
  let ajv: Ajv2020 | undefined;
  return (id: OperationId): ValidateFunction => {
    const known = validators.get(id);
    if (known) return known;
    ajv ??= createAjv(options);
    const made = ajv.compile(bodySchemaOf(id));
    validators.set(id, made);
    return made;
  };
}

/** With what it refers to, and nothing else of the document: that would take megabytes. */
function bodySchemaOf(id: OperationId): object {
  const { path, method } = OPERATIONS[id];
  const document = readDocument();
  const place = ["requestBody", "content", "application/json", "schema"];
  const operation = partOf(partOf(partOf(document, "paths"), path), method);
  const schema = place.reduce(partOf, operation);
  return {
    ...schema,
    components: { schemas: reachable(schema, partOf(partOf(document, "components"), "schemas")) },
  };
}

function createAjv(options: { readonly allErrors: boolean }): Ajv2020 {
  const made = new Ajv2020({
    strict: false,
    verbose: true,
    addUsedSchema: false,
    logger: false,
    ...options,
  });
  made.addFormat("date-time", (text) => parseMoment(text) !== undefined);
  // A hint for forms; without it, ajv says on the server's stderr that it doesn't know the format.
  made.addFormat("password", true);
  return made;
}
