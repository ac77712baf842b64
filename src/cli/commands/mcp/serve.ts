// Serves the tools over stdin and stdout until the client closes them.
import { once } from "node:events";
import { StdioServerTransport } from "@modelcontextprotocol/server/stdio";
import type { Places, Session } from "../../session.ts";
import { listenForStop } from "../../terminal/stop-signals.ts";
import { createBackend } from "./backend.ts";
import { createMcpServer } from "./mcp-server.ts";

/** Resolves when the client has closed stdin, or after a signal. */
export async function serveMcp(
  { terminal }: Session,
  places: Places,
  { isReadOnly }: { readonly isReadOnly: boolean },
): Promise<void> {
  const stop = listenForStop();
  const backend = createBackend(places);
  const transport = new StdioServerTransport();
  const closed = Promise.withResolvers<void>();
  const server = createMcpServer(backend, { isReadOnly });
  server.server.onclose = closed.resolve;
  server.server.onerror = (error) => terminal.err(`mcp: ${error.message}\n`);
  try {
    await server.connect(transport);
    await Promise.race([closed.promise, once(stop.signal, "abort")]);
    await server.close();
  } finally {
    stop.forget();
    await backend.close();
  }
}
