// Tests a connection that nothing more is known of: whether something listens at its host and port.
import { connect, type Socket } from "node:net";
import type { ConnectionFields } from "../../../model/connections/connection-fields.ts";

/** Ports of services where a connection names none, by its type. */
const PORTS: Readonly<Record<string, number>> = {
  cassandra: 9042,
  elasticsearch: 9200,
  ftp: 21,
  grpc: 443,
  hiveserver2: 10_000,
  imap: 993,
  mongo: 27_017,
  mssql: 1_433,
  oracle: 1_521,
  redis: 6_379,
  samba: 445,
  sftp: 22,
  smtp: 25,
  ssh: 22,
  trino: 8_080,
  vertica: 5_433,
};

export async function probeTcp(connection: ConnectionFields, signal: AbortSignal): Promise<string> {
  const socket = await openSocket(connection, { signal });
  socket.destroy();
  return `Connected to ${socket.remoteAddress ?? connection.host} at port ${portOf(connection)}`;
}

/** Resolves when the other side has taken the connection. */
export async function openSocket(
  connection: ConnectionFields,
  { signal, defaultPort }: { readonly signal: AbortSignal; readonly defaultPort?: number },
): Promise<Socket> {
  signal.throwIfAborted();
  const address = addressOf(connection, defaultPort);
  const { promise, resolve, reject } = Promise.withResolvers<Socket>();
  const socket = connect(address);
  const abort = () => socket.destroy(signal.reason);
  signal.addEventListener("abort", abort, { once: true });
  socket.once("connect", () => resolve(socket));
  // Stays: an error after the connection ends the reading, and nothing else.
  socket.on("error", reject);
  socket.once("close", () => signal.removeEventListener("abort", abort));
  return promise;
}

function addressOf(connection: ConnectionFields, defaultPort?: number) {
  const { connType, host } = connection;
  if (!host) {
    throw new Error(
      `A connection of type "${connType}" without a host can't be tested; only its form was checked`,
    );
  }
  const port = portOf(connection, defaultPort);
  if (port === undefined) {
    throw new Error(`A connection of type "${connType}" is tested at its port; set one`);
  }
  const [name = ""] = host.replace(/^[\w+.-]+:\/\//, "").split(/[/:]/, 1);
  return { host: name, port };
}

function portOf({ connType, host = "", port }: ConnectionFields, defaultPort?: number) {
  const inHost = /^(?:[\w+.-]+:\/\/)?[^/:]+:(\d+)/.exec(host)?.[1];
  const byProtocol = host.startsWith("https://")
    ? 443
    : host.startsWith("http://")
      ? 80
      : undefined;
  return port || Number(inHost) || (defaultPort ?? PORTS[connType] ?? byProtocol);
}
