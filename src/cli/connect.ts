// What answers a command: the server that runs on this home folder, or else the same API inside
// this process.
import type { LocalOptions, LocalProduct } from "../local/local-platform.ts";
import { LockHeld, readServer } from "../local/lock.ts";
import { StorageRefused } from "../local/storage-refused.ts";
import { type Api, createApi } from "./api-client.ts";
import { checkDagsFolder } from "./dags-folder.ts";
import { readEveryDagFile } from "./read-dags.ts";
import type { Places } from "./session.ts";
import { Failure } from "./terminal/failure.ts";
import { packageVersion } from "./version.ts";

export interface Connection {
  readonly api: Api;
  /** Whether a server does what is asked for; without one, runs are only recorded. */
  readonly hasServer: boolean;
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

async function connect(places: Places, purpose: Purpose): Promise<Connection> {
  if (places.url !== undefined) return toServer(places.url);
  for (const deadline = Date.now() + PATIENCE_MS; ; ) {
    const server = readServer(places.home);
    if (server?.url !== undefined) return toServer(server.url);
    try {
      return await openHere(places, purpose);
    } catch (error) {
      // A short command, or a server that is about to listen: it says soon what it is.
      if (!(error instanceof LockHeld) || Date.now() > deadline) throw error;
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }
}

function toServer(url: string): Connection {
  const send = async (request: Request) => {
    try {
      return await fetch(request);
    } catch (cause) {
      throw new Failure(`No server answers at ${url}`, {
        hint: "Start one with: npx stepwind standalone",
        cause,
      });
    }
  };
  return { api: createApi(send, url, packageVersion()), hasServer: true, async close() {} };
}

/**
 * Reads the DAG folder as it is now, but starts nothing: runs stay as they are until a server takes
 * them up.
 */
async function openHere(places: Places, purpose: Purpose): Promise<Connection> {
  const { home, dagsFolder } = places;
  await checkDagsFolder(places);
  const { createApiServer } = await import("../api/api-server.ts");
  const { machineUser } = await import("../local/machine-user.ts");
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
    versions: services.versions,
    scheduler: { async schedule() {} },
  });
  const version = packageVersion();
  const app = createApiServer(
    platform,
    { versions: services.versions, runControl },
    { version, dagsFolder, localUser: machineUser() },
  );
  const send = async (request: Request) => {
    const response = await app.fetch(request);
    // Without a server, nothing else has printed what went wrong.
    if (response.status >= 500) throw await causeOf(product, problems);
    return response;
  };
  return {
    api: createApi(send, "http://localhost", version),
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
