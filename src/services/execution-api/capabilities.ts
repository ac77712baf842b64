// Capabilities: texts that prove who may send a message to the Execution API. The signature of an
// execution lets its tasks begin; the capability of a try lets it ask, log and end. Both are
// HMAC-SHA-256 with a key that only the product's own functions can read, so the code of a task can
// neither make one nor change what one says.
import { createHmac, timingSafeEqual } from "node:crypto";
import type { ExecutionInput } from "../../ports/state-machines.ts";
import type { TryKey } from "../../ports/task-logs.ts";

/** What the capability of a try, or of callbacks, stands for. */
export type Claims = TryClaims | CallbackClaims;

interface SharedClaims extends TryKey {
  /** The code that it may fetch. */
  readonly bundleHash: string;
  /** Of the DAG: what it may read depends on it. */
  readonly role?: string;
  /** Epoch ms. */
  readonly expiresAt: number;
}

export interface TryClaims extends SharedClaims, ExecutionInput {
  readonly kind: "try";
  /** Of a task that was poked: the number of the poke. */
  readonly pokes?: number;
  /** The pokes after which a message of the triggerer began it; absent for a call of the engine. */
  readonly afterPokes?: number;
}

/** Callbacks ask and log as a try does, but their end records nothing. */
export interface CallbackClaims extends SharedClaims {
  readonly kind: "callbacks";
}

/** A message without a valid capability. It changes nothing. */
export class CapabilityRefused extends Error {
  override readonly name = "Stepwind.Refused";
}

export interface Capabilities {
  /** Always the same for the same execution. */
  signExecution(execution: ExecutionInput): Promise<string>;
  /** Throws CapabilityRefused unless the signature is the execution's. */
  checkExecution(execution: ExecutionInput & { readonly signature: string }): Promise<void>;
  grant(claims: Claims): Promise<string>;
  /** What was granted; throws CapabilityRefused for any other text, and when it has expired. */
  read(capability: string): Promise<Claims>;
}

/** `key` gives the deployment's secret, 32 bytes or more; it is asked for each time. */
export function createCapabilities({
  key,
  now,
}: {
  readonly key: () => Promise<Uint8Array>;
  /** Epoch ms. */
  readonly now: () => number;
}): Capabilities {
  /** The purpose keeps a signature of one kind from passing as another. */
  async function sign(purpose: "execution" | "try", text: string): Promise<Buffer> {
    return createHmac("sha256", await key())
      .update(`${purpose}\n${text}`)
      .digest();
  }

  async function isSigned(
    purpose: "execution" | "try",
    { text, signature }: { readonly text: string; readonly signature: string },
  ): Promise<boolean> {
    const wanted = await sign(purpose, text);
    const given = Buffer.from(signature, "base64url");
    return given.length === wanted.length && timingSafeEqual(given, wanted);
  }

  return {
    signExecution: async (execution) =>
      (await sign("execution", textOf(execution))).toString("base64url"),

    async checkExecution(execution) {
      const { signature, dagId, runId } = execution;
      if (await isSigned("execution", { text: textOf(execution), signature })) return;
      throw new CapabilityRefused(
        `A message for run "${runId}" of DAG "${dagId}" has no valid signature`,
      );
    },

    async grant(claims) {
      const text = Buffer.from(JSON.stringify(claims)).toString("base64url");
      return `${text}.${(await sign("try", text)).toString("base64url")}`;
    },

    async read(capability) {
      const [text = "", signature = "", ...more] = capability.split(".");
      if (more.length > 0 || !(await isSigned("try", { text, signature }))) {
        throw new CapabilityRefused("A message has no valid capability");
      }
      const claims: Claims = JSON.parse(Buffer.from(text, "base64url").toString());
      if (claims.expiresAt > now()) return claims;
      const { dagId, runId, taskId } = claims;
      throw new CapabilityRefused(
        `The capability of task "${taskId}" of run "${runId}" of DAG "${dagId}" has expired`,
      );
    },
  };
}

function textOf({ dagId, runId, clearNumber }: ExecutionInput): string {
  return JSON.stringify([dagId, runId, clearNumber]);
}
