// Checks a name and a password. Guesses are counted before the password is looked at.

import type { Metadata } from "../../ports/metadata.ts";
import type { Platform } from "../../ports/platform.ts";
import type { AccessServices } from "../../services/access/access-services.ts";
import { isPassword } from "../../services/access/passwords.ts";
import { ADMIN_NAME } from "../../services/access/users.ts";
import { Problem } from "../problems.ts";
import { createLogInGuard } from "./log-in-guard.ts";
import type { SignIn } from "./sign-in.ts";
import type { TokenKeys } from "./token-keys.ts";

export interface LogInOptions extends Pick<Platform, "clock" | "report"> {
  readonly metadata: Pick<Metadata, "access" | "users">;
  readonly access: AccessServices;
  /** Whether the deployment has a user of its own. */
  readonly hasAdmin: boolean;
}

export interface Attempt {
  readonly username: string;
  readonly password: string;
  /** Where the request comes from, if that is known. */
  readonly address: string | undefined;
}

/** Of a name that is logged. */
const MAX_NAME_LENGTH = 100;

/**
 * Throws a Problem unless the password is the user's: 503 when nobody can log in, 429 with
 * Retry-After after too many failures, 401 otherwise.
 */
export function createLogIn(
  { metadata, clock, report, access, hasAdmin }: LogInOptions,
  keys: SignIn["keys"],
): (attempt: Attempt) => Promise<void> {
  const guard = createLogInGuard({ metadata, clock });

  async function isRight({ username, password }: Attempt, current: TokenKeys): Promise<boolean> {
    // Everybody knows this name; all others take as long, whether they are users or not.
    if (hasAdmin && username === ADMIN_NAME) return current.isPassword(password);
    const user = await metadata.users.get(username);
    return (await isPassword(password, user?.password)) && user?.active === true;
  }

  return async (attempt) => {
    const { username, address } = attempt;
    const current = await keys();
    if (typeof current === "string") throw new Problem(503, `Nobody can log in: ${current}`);
    const who = JSON.stringify(username.slice(0, MAX_NAME_LENGTH));
    await guard.begin(username, address).catch((problem: unknown) => {
      if (problem instanceof Problem) report.warn(`Log-in failed: user ${who} has to wait`);
      throw problem;
    });
    if (!(await isRight(attempt, current))) {
      report.warn(`Log-in failed: user ${who} or the password is wrong`);
      throw new Problem(401, "Invalid credentials");
    }
    await guard.succeed(username, address);
    await access.users.noteLogIn(username);
  };
}
