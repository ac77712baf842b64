// Checks bodies against the API's document.
import { Ajv2020, type ErrorObject, type ValidateFunction } from "ajv/dist/2020.js";
import { parseMoment } from "../../model/values/time.ts";
import { OPERATIONS } from "./generated/operations.ts";
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
  const { path, method } = OPERATIONS[id];
  const pointer = ["paths", path, method, "requestBody", "content", "application/json", "schema"];
  const place = pointer.map((part) =>
    encodeURIComponent(part.replaceAll("~", "~0").replaceAll("/", "~1")),
  );
  ajv ??= createAjv();
  const made = ajv.compile({ $ref: `api#/${place.join("/")}` });
  validators.set(id, made);
  return made;
}

function createAjv(): Ajv2020 {
  const made = new Ajv2020({ strict: false, allErrors: true, verbose: true });
  made.addFormat("date-time", (text) => parseMoment(text) !== undefined);
  made.addSchema(readDocument(), "api");
  return made;
}
