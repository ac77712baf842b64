// What services work with: the platform's ports, and the two services that all others use.
import type { Platform } from "../ports/platform.ts";
import type { Versions } from "./dag-processing/versions.ts";
import type { Callbacks } from "./tasks/callbacks.ts";

export interface ServiceContext extends Platform {
  readonly versions: Versions;
  readonly callbacks: Callbacks;
}
