// Who answers a command: the server that runs on this home folder, or else the same API inside this process.
import { access } from "node:fs/promises";
import { LockHeld, readServer } from "../local/lock.ts";
import { type Api, createApi } from "./api-client.ts";
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

/** Runs the command's work over a connection, and closes it. */
export async function withConnection<T>(
  places: Places,
  work: (connection: Connection) => Promise<T>,
): Promise<T> {
  const connection = await connect(places);
  try {
    return await work(connection);
  } finally {
    await connection.close();
  }
}

async function connect(places: Places): Promise<Connection> {
  if (places.url !== undefined) return toServer(places.url);
  for (const deadline = Date.now() + PATIENCE_MS; ; ) {
    const server = readServer(places.home);
    if (server?.url !== undefined) return toServer(server.url);
    try {
      return await openHere(places);
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

/** Reads the DAG folder as it is now, but starts nothing: runs stay as they are until a server takes them up. */
async function openHere({ home, dagsFolder, dagsFolderText }: Places): Promise<Connection> {
  await access(dagsFolder).catch(() => {
    throw noDagsFolder(dagsFolderText);
  });
  const { openLocalProduct } = await import("../local/local-platform.ts");
  const { createApiServer } = await import("../api/api-server.ts");
  const { machineUser } = await import("../local/machine-user.ts");
  const { createRunControl } = await import("../services/runs/run-control.ts");
  const problems: string[] = [];
  const report = { info() {}, warn() {}, error: (message: string) => void problems.push(message) };
  const product = await openLocalProduct({ home, dagsFolder, report });
  const { platform, services } = product;
  await readEveryDagFile(product).catch(async (error: unknown) => {
    await product.close();
    throw error;
  });
  const runControl = createRunControl(platform, services.versions, { async schedule() {} });
  const version = packageVersion();
  const app = createApiServer(
    platform,
    { versions: services.versions, runControl },
    { version, dagsFolder, localUser: machineUser() },
  );
  const send = async (request: Request) => {
    const response = await app.fetch(request);
    // Where there is no server, nobody else has said what went wrong.
    if (response.status >= 500) throw new Error(problems.join("\n"));
    return response;
  };
  return {
    api: createApi(send, "http://localhost", version),
    hasServer: false,
    close: () => product.close(),
  };
}

export function noDagsFolder(folder: string): Failure {
  return new Failure(`There is no DAG folder "${folder}" here`, {
    hint: "Make a project with: npx stepwind init my-project\nor name another folder with --dags DIR",
  });
}
