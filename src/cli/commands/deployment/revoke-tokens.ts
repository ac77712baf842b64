// stepwind revoke-tokens: makes all tokens of a server's API void.
import { chosenServer } from "../../connect.ts";
import { connectToServer } from "../../server-connection.ts";
import type { Places, Session } from "../../session.ts";
import { Failure } from "../../terminal/failure.ts";

export async function revokeTokens({ terminal }: Session, places: Places): Promise<void> {
  const server = await chosenServer(places);
  if (!server) {
    throw new Failure("No server is named whose tokens are to be revoked", {
      hint: "Give --url, or set STEPWIND_URL; what runs on this machine has no log-in",
      exitCode: 2,
    });
  }
  await connectToServer(server).revokeTokens();
  terminal.out(`All tokens of ${server.url} are void\n`);
}
