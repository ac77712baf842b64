// What the services of variables and connections work with.
import type { Platform } from "../../ports/platform.ts";
import { createSealer, type Sealer } from "./sealing.ts";

export interface StoredContext {
  readonly metadata: Pick<Platform["metadata"], "variables" | "connections" | "connectionTests">;
  readonly sealer: Sealer;
}

export function createStoredContext({
  metadata,
  encryptionKeys,
}: Pick<Platform, "metadata" | "encryptionKeys">): StoredContext {
  return { metadata, sealer: createSealer(encryptionKeys) };
}
