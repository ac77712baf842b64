// Checks bodies against the API's document.
import { Ajv2020, type ErrorObject, type ValidateFunction } from "ajv/dist/2020.js";
import { parseMoment } from "../../model/values/time.ts";
import { OPERATIONS } from "./generated/operations.ts";
import { partOf, reachable } from "./reachable.ts";
import { readDocument } from "./read-document.ts";
import type { OperationId } from "./shapes.ts";

const validators = new Map<OperationId, ValidateFunction>();
let ajv: Ajv2020 | undefined;

/** What is wrong with the operation's body; empty if nothing is. */
export function findMistakes(id: OperationId, body: unknown): readonly ErrorObject[] {
  const validate = validatorOf(id);
  return validate(body) ? [] : (validate.errors ?? []);
}

/** Made at first use: an operation takes some milliseconds. */
function validatorOf(id: OperationId): ValidateFunction {
  const known = validators.get(id);
  if (known) return known;
  ajv ??= createAjv();
  const made = ajv.compile(bodySchemaOf(id));
  validators.set(id, made);
  return made;
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

function createAjv(): Ajv2020 {
  const made = new Ajv2020({ strict: false, allErrors: true, verbose: true, addUsedSchema: false });
  made.addFormat("date-time", (text) => parseMoment(text) !== undefined);
  return made;
}
