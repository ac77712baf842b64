// stepwind version, of a server that is named: its version beside this one's.
import type { Schema } from "../../../api/document/shapes.ts";
import { withConnection } from "../../connect.ts";
import type { Places, Session } from "../../session.ts";

export async function showServerVersion({ terminal }: Session, places: Places): Promise<void> {
  await withConnection(places, async ({ api, url }) => {
    const { version } = await api.get<Schema<"VersionInfo">>("/version");
    terminal.out(`${version} on ${url}\n`);
  });
}
