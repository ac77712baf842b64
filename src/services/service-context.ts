// What services work with: the platform's ports, and the services that all others use.
import type { Platform } from "../ports/platform.ts";
import type { Versions } from "./dag-processing/versions.ts";
import type { Limits } from "./limits/limits.ts";
import type { Callbacks } from "./tasks/callbacks.ts";

export interface ServiceContext extends Platform {
  readonly versions: Versions;
  readonly callbacks: Callbacks;
  readonly limits: Pick<Limits, "admit" | "giveOut">;
}
