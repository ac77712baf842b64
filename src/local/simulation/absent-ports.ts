// Ports that runs in virtual time have no use for.
import type { Platform } from "../../ports/platform.ts";
import { createMemoryKeys } from "../../services/stored/memory-keys.ts";

/** They answer as if nothing were there, and throw where that is no answer. */
export const ABSENT: Pick<
  Platform,
  | "xcoms"
  | "logs"
  | "secrets"
  | "encryptionKeys"
  | "source"
  | "bundles"
  | "loader"
  | "notifications"
  | "randomId"
> = {
  xcoms: {
    put: async () => unused("xcoms"),
    get: async () => unused("xcoms"),
    deleteDag: async () => {},
    deleteRun: async () => {},
  },
  logs: {
    append: async () => {},
    read: async () => ({ entries: [], next: "" }),
    readLast: async () => ({ entries: [], next: "" }),
    deleteDag: async () => {},
    deleteRun: async () => {},
  },
  encryptionKeys: createMemoryKeys(),
  secrets: { getConnection: async () => undefined, getVariable: async () => undefined },
  source: { list: async () => [], read: async () => undefined },
  bundles: {
    put: async () => {},
    has: async () => false,
    delete: async () => {},
    url: async () => unused("bundles"),
  },
  loader: { load: async () => ({ dags: [], diagnostics: [] }) },
  notifications: { publish: async () => {} },
  randomId: () => "aaaaaaaa",
};

function unused(port: string): never {
  throw new Error(`The port ${port} has no part in these runs`);
}
