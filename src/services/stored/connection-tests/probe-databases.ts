// Tests connections of databases without their clients, by the first words of their protocols: a
// server of the kind has to answer, and who logs in is not checked.
import type { Socket } from "node:net";
import type { ConnectionFields } from "../../../model/connections/connection-fields.ts";
import { openSocket } from "./probe-tcp.ts";

/** PostgreSQL: "Message Formats", SSLRequest. */
const SSL_REQUEST = Buffer.from([0, 0, 0, 8, 4, 210, 22, 47]);

/** A server of PostgreSQL answers SSLRequest with S or N, and nothing else does. */
export async function probePostgres(
  connection: ConnectionFields,
  signal: AbortSignal,
): Promise<string> {
  const isRedshift = connection.connType === "redshift";
  const defaultPort = isRedshift ? 5_439 : 5_432;
  const socket = await openSocket(connection, { signal, defaultPort });
  try {
    const read = createByteReader(socket);
    socket.write(SSL_REQUEST);
    const [answer] = await read(1);
    if (answer === 0x53)
      return "A PostgreSQL server answers, with TLS; who logs in was not checked";
    if (answer === 0x4e) {
      return "A PostgreSQL server answers, without TLS; who logs in was not checked";
    }
    throw new Error("What answers there is not a PostgreSQL server");
  } finally {
    socket.destroy();
  }
}

/** MySQL: "Protocol::Handshake". The server speaks first, with its version, or with why not. */
export async function probeMysql(
  connection: ConnectionFields,
  signal: AbortSignal,
): Promise<string> {
  const socket = await openSocket(connection, { signal, defaultPort: 3_306 });
  try {
    const read = createByteReader(socket);
    const header = await read(4);
    const length = header.readUIntLE(0, 3);
    if (length < 2 || length > 1_024) throw new Error("What answers there is not a MySQL server");
    const packet = await read(length);
    const kind = packet[0];
    if (kind === 0xff) throw new Error(`MySQL refuses: ${packet.toString("latin1", 3)}`);
    if (kind !== 9 && kind !== 10) throw new Error("What answers there is not a MySQL server");
    const end = packet.indexOf(0, 1);
    const version = packet.toString("latin1", 1, end < 0 ? undefined : end);
    return `MySQL ${version} answers; who logs in was not checked`;
  } finally {
    socket.destroy();
  }
}

/**
 * Answers the next so many bytes of the socket, at each call. Rejects when the other side ends
 * before it has sent them.
 */
function createByteReader(socket: Socket): (count: number) => Promise<Buffer> {
  let received: Buffer = Buffer.alloc(0);
  let wake = () => {};
  socket.on("data", (chunk: Buffer) => {
    received = Buffer.concat([received, chunk]);
    wake();
  });
  for (const event of ["end", "close"]) socket.on(event, () => wake());
  return async (count) => {
    while (received.length < count) {
      if (socket.readableEnded || socket.destroyed) {
        throw socket.errored ?? new Error("The server has closed the connection without an answer");
      }
      await new Promise<void>((resolve) => {
        wake = resolve;
      });
    }
    const bytes = received.subarray(0, count);
    received = received.subarray(count);
    return bytes;
  };
}
