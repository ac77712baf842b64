// Users who log in elsewhere: made at their first log-in, with the roles that it says at each.
import type { UserRecord } from "../../model/access/records.ts";
import { RequestRefused } from "../request-refused.ts";
import type { AccessServices } from "./access-services.ts";

export interface ElsewhereProfile
  extends Pick<UserRecord, "username" | "email" | "firstName" | "lastName" | "roles"> {
  readonly identity: NonNullable<UserRecord["identity"]>;
}

/**
 * Answers the user's name. Throws RequestRefused for somebody without a role, who is out of use, or
 * whose name is another user's: a name elsewhere proves nothing of a user here.
 */
export async function signInElsewhere(
  { users }: Pick<AccessServices, "users">,
  profile: ElsewhereProfile,
): Promise<string> {
  const { username, identity, roles } = profile;
  if (roles.length === 0) throw refuse(`User \`${username}\` has no group with a role here`);
  const known = (await users.list()).find((user) => user.username === username);
  if (!known) {
    await users.create(profile);
  } else {
    const isSame =
      known.identity?.issuer === identity.issuer && known.identity.subject === identity.subject;
    if (!isSame) throw refuse(`The name \`${username}\` is that of another user here`);
    if (!known.active) throw refuse(`User \`${username}\` is out of use`);
    if (known.roles.join("\n") !== roles.join("\n")) await users.change(username, { roles });
  }
  await users.noteLogIn(username);
  return username;
}

function refuse(message: string): RequestRefused {
  return new RequestRefused("forbidden", message);
}
