// What is done with users, roles and tokens, over one directory that sees each change.
import type { Metadata } from "../../ports/metadata.ts";
import type { Clock } from "../../ports/platform.ts";
import { type ApiTokens, createApiTokens } from "./api-tokens.ts";
import { createDirectory, type Directory } from "./directory.ts";
import { createRoles, type Roles } from "./roles.ts";
import { createUsers, type Users } from "./users.ts";

export interface AccessServices {
  readonly directory: Directory;
  readonly users: Users;
  readonly roles: Roles;
  readonly apiTokens: ApiTokens;
}

export function createAccessServices({
  metadata,
  clock,
  hasAdmin,
}: {
  readonly metadata: Pick<Metadata, "users" | "roles" | "apiTokens" | "dagAccess">;
  readonly clock: Pick<Clock, "now">;
  /** Whether the deployment has a user of its own, "admin", who isn't stored. */
  readonly hasAdmin: boolean;
}): AccessServices {
  const directory = createDirectory({ metadata, clock });
  return {
    directory,
    users: createUsers({ metadata, clock, directory, hasAdmin }),
    roles: createRoles({ metadata, directory }),
    apiTokens: createApiTokens({ metadata, clock }),
  };
}
