// Tools about connections: which there are, and whether one works. No field that may be secret is
// ever read.
import { z } from "zod";
import type { Schema } from "../../../../api/document/shapes.ts";
import { path } from "../../../api-client.ts";
import { cutOrNull, cutText, fitting } from "../bounds.ts";
import { tool } from "../tool.ts";
import { limitOf, NEXT_OFFSET, nextOffset, OFFSET } from "../words.ts";

const listConnections = tool({
  name: "list_connections",
  title: "List connections",
  description:
    "Stored connections by id and type; hosts, logins, passwords and extras are not shown.",
  effect: "none",
  input: z.object({
    search: z.string().optional().describe("Part of the id"),
    limit: limitOf(100, 50),
    offset: OFFSET,
  }),
  output: z.object({
    connections: z.array(
      z.object({
        connection_id: z.string(),
        conn_type: z.string(),
        description: z.string().nullable(),
      }),
    ),
    total: z.int(),
    next_offset: NEXT_OFFSET,
  }),
  async run({ search, limit, offset }, { api }) {
    const page = await api.get<Schema<"ConnectionCollectionResponse">>("/connections", {
      limit,
      offset,
      ...(search === undefined ? {} : { connection_id_pattern: `%${search}%` }),
    });
    const connections = fitting(
      page.connections.map(({ connection_id, conn_type, description }) => ({
        connection_id,
        conn_type,
        description: cutOrNull(description, 200),
      })),
      20_000,
    );
    const total = page.total_entries;
    return { connections, total, next_offset: nextOffset(offset, connections.length, total) };
  },
});

const testConnection = tool({
  name: "test_connection",
  title: "Test a connection",
  description: "Has the server connect by a stored connection, and says whether that worked.",
  effect: "none",
  isOpen: true,
  input: z.object({ connection_id: z.string().min(1) }),
  output: z.object({ works: z.boolean(), message: z.string() }),
  async run({ connection_id }, { api }) {
    const { conn_type } = await api.get<Schema<"ConnectionResponse">>(
      path`/connections/${connection_id}`,
    );
    const { status, message } = await api.post<Schema<"ConnectionTestResponse">>(
      "/connections/test",
      { connection_id, conn_type },
    );
    return { works: status, message: cutText(message, 1_000) };
  },
});

export const connectionTools = [listConnections, testConnection];
