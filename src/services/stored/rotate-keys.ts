// Encrypts again, with the newest key, what an older one has encrypted, or none (Airflow:
// rotate-fernet-key). Afterwards the older keys can be removed.
import type { ConnectionRecord, VariableRecord } from "../../model/records.ts";
import { itemsOf } from "../../ports/pages.ts";
import { RequestRefused } from "../request-refused.ts";
import { CannotDecrypt, type SealedThing } from "./sealing.ts";
import type { StoredContext } from "./stored-context.ts";

export interface Rotation {
  /** How many had to be encrypted again. */
  readonly variables: number;
  readonly connections: number;
}

/**
 * Refused, with the names, when some can't be decrypted; the others are encrypted again all the
 * same. Repeating is safe. What is written meanwhile stays.
 */
export async function rotateKeys(context: StoredContext): Promise<Rotation> {
  const { metadata } = context;
  const lost: string[] = [];
  const count = { variables: 0, connections: 0 };
  for await (const { revision, ...record } of itemsOf(metadata.variables.list)) {
    const changed = await orLost(lost, () => resealVariable(context, record));
    if (changed && (await metadata.variables.put(changed, { revision }))) count.variables += 1;
  }
  for await (const { revision, ...record } of itemsOf(metadata.connections.list)) {
    const changed = await orLost(lost, () => resealConnection(context, record));
    if (changed && (await metadata.connections.put(changed, { revision }))) count.connections += 1;
  }
  if (lost.length === 0) return count;
  throw new RequestRefused("conflict", lost.join("\n"));
}

async function orLost<T>(lost: string[], work: () => Promise<T>): Promise<T | undefined> {
  try {
    return await work();
  } catch (problem) {
    if (!(problem instanceof CannotDecrypt)) throw problem;
    lost.push(problem.message);
    return undefined;
  }
}

/** Undefined when nothing is to be done. */
async function resealVariable(
  context: StoredContext,
  record: VariableRecord,
): Promise<VariableRecord | undefined> {
  const { key, value, isEncrypted = false } = record;
  const thing: SealedThing = { kind: "Variable", name: key, field: "value" };
  if (!isEncrypted) {
    return { ...record, value: await context.sealer.seal(value, thing), isEncrypted: true };
  }
  const sealed = await reseal(context, value, thing);
  return sealed === value ? undefined : { ...record, value: sealed };
}

async function resealConnection(
  context: StoredContext,
  record: ConnectionRecord,
): Promise<ConnectionRecord | undefined> {
  const { connId: name, sealedPassword, sealedExtra } = record;
  const again = async (field: "password" | "extra", text: string | undefined) =>
    text === undefined ? undefined : reseal(context, text, { kind: "Connection", name, field });
  const password = await again("password", sealedPassword);
  const extra = await again("extra", sealedExtra);
  if (password === sealedPassword && extra === sealedExtra) return undefined;
  return {
    ...record,
    ...(password === undefined ? {} : { sealedPassword: password }),
    ...(extra === undefined ? {} : { sealedExtra: extra }),
  };
}

async function reseal(
  { sealer }: StoredContext,
  sealed: string,
  thing: SealedThing,
): Promise<string> {
  if (await sealer.isCurrent(sealed)) return sealed;
  return sealer.seal(await sealer.open(sealed, thing), thing);
}
