// What answers a command: the server that is named, the one that runs on this home folder, or else
// the same API inside this process.
import type { LocalOptions, LocalProduct } from "../local/local-platform.ts";
import { LockHeld, readServer } from "../local/lock.ts";
import { StorageRefused } from "../local/storage-refused.ts";
import { createApi } from "./api-client.ts";
import { checkDagsFolder } from "./dags-folder.ts";
import { readEveryDagFile } from "./read-dags.ts";
import type { ServerOptions } from "./server/ask-server.ts";
import { connectToServer, type ServerConnection } from "./server/server-connection.ts";
import type { Credentials } from "./server/server-wish.ts";
import type { Places } from "./session.ts";
import { Failure } from "./terminal/failure.ts";
import { packageVersion } from "./version.ts";

export interface Connection extends Pick<ServerConnection, "api" | "pollMs"> {
  /** Whether a server does what is asked for; without one, runs are only recorded. */
  readonly hasServer: boolean;
  /** Address of the server; absent without one. */
  readonly url?: string;
  close(): Promise<void>;
}

/** How long another command may hold the folder before this one gives up. */
const PATIENCE_MS = 5_000;

/**
 * Whether the command only looks; one that changes something needs a home folder that it can write.
 */
export type Purpose = "look" | "change";

/** Runs the command's work over a connection, and closes it. */
export async function withConnection<T>(
  places: Places,
  work: (connection: Connection) => Promise<T>,
  purpose: Purpose = "look",
): Promise<T> {
  const connection = await connect(places, purpose);
  try {
    return await work(connection);
  } finally {
    await connection.close();
  }
}

/** To be closed by who asked for it. */
export async function connect(places: Places, purpose: Purpose): Promise<Connection> {
  const chosen = await chosenServer(places);
  if (chosen) return toServer(chosen);
  refuseUnusedCredentials(places);
  for (const deadline = Date.now() + PATIENCE_MS; ; ) {
    const running = await runningServer(places);
    if (running) return toServer(running);
    try {
      return await openHere(places, purpose);
    } catch (error) {
      // A short command, or a server that is about to listen: it says soon what it is.
      if (!(error instanceof LockHeld) || Date.now() > deadline) throw error;
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }
}

/** The server that works on the home folder, if one does. */
export async function runningServer(places: Places): Promise<ServerOptions | undefined> {
  const { home, timeout, tell } = places;
  const url = readServer(home)?.url;
  if (url === undefined) return undefined;
  return { url, credentials: await ownCredentials(places), timeout, tell };
}

/**
 * The server that the command line or the environment names. One that the environment names is said
 * on stderr, as it is easily forgotten.
 */
export async function chosenServer(places: Places): Promise<ServerOptions | undefined> {
  const { server, tell, timeout } = places;
  if (server === undefined) return undefined;
  const { from, stack } = server;
  const url = server.url ?? (await addressOf(stack ?? ""));
  if (from !== "--url") tell(`On ${url} (${from}${stack === undefined ? "" : ` ${stack}`})`);
  return { url, from, credentials: await withKeptToken(places, url), timeout, tell };
}

/** What `stepwind login` has kept for the address counts where the environment has no token. */
async function withKeptToken({ credentials, env }: Places, url: string): Promise<Credentials> {
  if (credentials.token !== undefined || credentials.password !== undefined) return credentials;
  const { readKeptToken } = await import("./server/kept-tokens.ts");
  const readKept = () => readKeptToken(env, url);
  const token = await readKept();
  return { ...credentials, readKept, ...(token === undefined ? {} : { token }) };
}

async function addressOf(stack: string): Promise<string> {
  const { findApiAddress } = await import("../aws/deployment/api-address.ts");
  return findApiAddress(stack);
}

/** What opens a server is set for one: the data of this machine would be another answer. */
function refuseUnusedCredentials({ credentials, hasHome }: Places): void {
  const { token, password } = credentials;
  if (hasHome || (token === undefined && password === undefined)) return;
  const name = token === undefined ? "STEPWIND_PASSWORD" : "STEPWIND_TOKEN";
  throw new Failure(`${name} is set, but no server that it is for`, {
    hint: `Set STEPWIND_URL, or give --url; for what runs here, give --home or unset ${name}`,
    exitCode: 2,
  });
}

/** Who may read the home folder is let in by the server that runs on it. */
async function ownCredentials({ home, credentials }: Places): Promise<Credentials> {
  if (credentials.token !== undefined || credentials.password !== undefined) return credentials;
  const { readMachineToken } = await import("../local/access/api-secrets.ts");
  const token = await readMachineToken(home);
  return { ...credentials, ...(token === undefined ? {} : { token }) };
}

function toServer(options: ServerOptions): Connection {
  return { ...connectToServer(options), hasServer: true, url: options.url, async close() {} };
}

/**
 * Reads the DAG folder as it is now, but starts nothing: runs stay as they are until a server takes
 * them up.
 */
async function openHere(places: Places, purpose: Purpose): Promise<Connection> {
  const { home, dagsFolder } = places;
  await checkDagsFolder(places);
  const { createApiServer } = await import("../api/api-server.ts");
  const { machineUser } = await import("../local/access/machine-user.ts");
  const { createBackfills } = await import("../services/backfills/backfills.ts");
  const { testsConnections } = await import("../services/stored/test-setting.ts");
  const { createRunControl } = await import("../services/runs/run-control.ts");
  const problems: string[] = [];
  const report = { info() {}, warn() {}, error: (message: string) => void problems.push(message) };
  const product = await openProduct({ home, dagsFolder, report }, purpose);
  const { platform, services } = product;
  await readEveryDagFile(product).catch(async (error: unknown) => {
    await product.close();
    throw error;
  });
  const runControl = createRunControl({
    ...platform,
    // Whatever goes on does so when a server takes it up.
    stateMachines: { ...platform.stateMachines, start: async () => "exists" },
    triggers: { async set() {}, async setAll() {} },
    versions: services.versions,
    callbacks: services.callbacks,
    scheduler: { async schedule() {} },
  });
  const backfills = createBackfills({
    ...platform,
    versions: services.versions,
    scheduler: { async schedule() {} },
  });
  const version = packageVersion();
  const app = createApiServer(
    platform,
    {
      versions: services.versions,
      runControl,
      backfills,
      limits: { async poolChanged() {} },
      inputs: services.inputs,
    },
    {
      version,
      dagsFolder,
      localUser: machineUser(),
      testsConnections: testsConnections(process.env),
    },
  );
  const send = async (request: Request) => {
    const response = await app.fetch(request);
    // Without a server, nothing else has printed what went wrong.
    if (response.status >= 500) throw await causeOf(product, problems);
    return response;
  };
  return {
    api: createApi(send, "http://localhost", version),
    pollMs: 0,
    hasServer: false,
    close: () => product.close(),
  };
}

async function openProduct(options: LocalOptions, purpose: Purpose): Promise<LocalProduct> {
  const { openLocalProduct } = await import("../local/local-platform.ts");
  try {
    return await openLocalProduct(options);
  } catch (error) {
    const isUnwritable = error instanceof StorageRefused && error.fault === "unwritable";
    if (!isUnwritable || purpose === "change") throw error;
    const { openHomeCopy } = await import("./home-copy.ts");
    return openHomeCopy(options, openLocalProduct);
  }
}

/** Why the API failed: damaged metadata if there are any, else what it reported. */
async function causeOf({ damage }: LocalProduct, problems: readonly string[]): Promise<Error> {
  return (await Promise.race([damage, undefined])) ?? new Error(problems.join("\n"));
}
