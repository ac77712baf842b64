// What is stored of users, roles and tokens of the API.
import type { DagAccess } from "./dag-access.ts";
import type { RolePermission } from "./fab-permissions.ts";

export interface UserRecord {
  readonly username: string;
  readonly email: string;
  readonly firstName: string;
  readonly lastName: string;
  /** Names; those of roles that are gone allow nothing. */
  readonly roles: readonly string[];
  readonly active: boolean;
  /** Absent for those who log in elsewhere. */
  readonly password?: PasswordHash;
  /** The issuer and its name of the user, who logs in by OpenID Connect. */
  readonly identity?: { readonly issuer: string; readonly subject: string };
  /** Tokens of earlier epochs are void. */
  readonly epoch: number;
  /** UTC ISO texts. */
  readonly createdAt: string;
  readonly changedAt: string;
  readonly lastLogin?: string;
  readonly loginCount: number;
}

/** Base64; what it was made with is kept, so that other costs can come later. */
export interface PasswordHash {
  readonly scheme: "scrypt";
  readonly cost: number;
  readonly parallelization: number;
  readonly salt: string;
  readonly hash: string;
}

/** A role of the deployment's own. */
export interface RoleRecord {
  readonly name: string;
  readonly permissions: readonly RolePermission[];
}

/** A token that programs use; its text is known to who made it alone. */
export interface ApiTokenRecord {
  readonly username: string;
  readonly id: string;
  readonly name: string;
  /** SHA-256 of the secret part, base64. It has 256 random bits, so nothing slower is needed. */
  readonly hash: string;
  /** UTC ISO texts. */
  readonly createdAt: string;
  /** Absent: never. */
  readonly expiresAt?: string;
}

/** What a DAG's file says of roles; absent for most. */
export interface DagAccessRecord {
  readonly dagId: string;
  readonly accessControl: DagAccess;
}

/** Of a user's API token; with an empty id, the prefix of all of them. User names have no "/". */
export function apiTokenKey({
  username,
  id,
}: {
  readonly username: string;
  readonly id: string;
}): string {
  return `${username}/${id}`;
}
