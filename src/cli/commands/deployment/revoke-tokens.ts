// stepwind revoke-tokens: makes all tokens of a server's API void.
import { chosenServer, runningServer } from "../../connect.ts";
import { connectToServer } from "../../server/server-connection.ts";
import type { Places, Session } from "../../session.ts";
import { Failure } from "../../terminal/failure.ts";

export async function revokeTokens({ terminal }: Session, places: Places): Promise<void> {
  const server = (await chosenServer(places)) ?? (await runningServer(places));
  if (!server) {
    throw new Failure("No server runs here whose tokens could be revoked", {
      hint: "Start it, give --url, or set STEPWIND_URL",
      exitCode: 2,
    });
  }
  await connectToServer(server).revokeTokens();
  terminal.out(`All tokens of ${server.url} are void\n`);
}
