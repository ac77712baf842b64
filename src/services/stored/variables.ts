// Variables, as people and tasks set them (Airflow: models/variable.py). Values are sealed when they
// are written; those that an older version has stored in clear are read on.
import type { VariableRecord } from "../../model/records.ts";
import { itemsOf } from "../../ports/pages.ts";
import { RequestRefused } from "../request-refused.ts";
import { CannotDecrypt } from "./sealing.ts";
import type { StoredContext } from "./stored-context.ts";

export interface Variable {
  readonly key: string;
  readonly value: string;
  readonly description?: string;
}

/** A variable with what it takes to show it. */
export interface ShownVariable extends Omit<Variable, "value"> {
  /** Undefined where it can't be decrypted; `problem` says why. */
  readonly value: string | undefined;
  readonly problem?: CannotDecrypt;
  readonly isEncrypted: boolean;
}

/** Airflow's column has no more characters. */
const MAX_KEY = 250;

/** Without their values, by key. */
export async function listVariables({
  metadata,
}: StoredContext): Promise<readonly VariableRecord[]> {
  const found: VariableRecord[] = [];
  for await (const { revision: _, ...record } of itemsOf(metadata.variables.list)) {
    found.push(record);
  }
  return found;
}

/** Undefined when there is none. Throws CannotDecrypt when its key is lost. */
export async function readVariable(
  context: StoredContext,
  key: string,
): Promise<string | undefined> {
  const record = await context.metadata.variables.get(key);
  return record && openVariable(context, record);
}

/** Throws RequestRefused when there is none. */
export async function getVariable(
  { metadata }: StoredContext,
  key: string,
): Promise<VariableRecord> {
  const record = await metadata.variables.get(key);
  if (!record) throw noSuchVariable(key);
  const { revision: _, ...variable } = record;
  return variable;
}

export async function showVariable(
  context: StoredContext,
  record: VariableRecord,
): Promise<ShownVariable> {
  const { key, description, isEncrypted = false } = record;
  const shown = { key, isEncrypted, ...(description === undefined ? {} : { description }) };
  try {
    return { ...shown, value: await openVariable(context, record) };
  } catch (problem) {
    if (!(problem instanceof CannotDecrypt)) throw problem;
    return { ...shown, value: undefined, problem };
  }
}

/** Makes the variable, or replaces it. Repeating is safe. */
export async function setVariable(context: StoredContext, variable: Variable): Promise<void> {
  await context.metadata.variables.put(await sealVariable(context, variable));
}

/** Refused when there is one of the key. */
export async function createVariable(context: StoredContext, variable: Variable): Promise<void> {
  const record = await sealVariable(context, variable);
  if (await context.metadata.variables.put(record, { revision: "" })) return;
  throw new RequestRefused("conflict", `The Variable with key: \`${variable.key}\` already exists`);
}

/** Refused when there is none. */
export async function deleteVariable(context: StoredContext, key: string): Promise<void> {
  await getVariable(context, key);
  await context.metadata.variables.delete(key);
}

async function openVariable(
  { sealer }: StoredContext,
  { key, value, isEncrypted = false }: VariableRecord,
): Promise<string> {
  return isEncrypted ? sealer.open(value, { kind: "Variable", name: key, field: "value" }) : value;
}

async function sealVariable(
  { sealer }: StoredContext,
  { key, value, description }: Variable,
): Promise<VariableRecord> {
  if (key === "" || key.length > MAX_KEY) {
    throw new RequestRefused(
      "unprocessable",
      `The key of a variable has 1 to ${MAX_KEY} characters, not ${key.length}`,
    );
  }
  return {
    key,
    value: await sealer.seal(value, { kind: "Variable", name: key, field: "value" }),
    ...(description === undefined ? {} : { description }),
    isEncrypted: true,
  };
}

function noSuchVariable(key: string): RequestRefused {
  return new RequestRefused("not-found", `The Variable with key: \`${key}\` was not found`);
}
