// `stepwind standalone`: the whole product in one process: watcher, scheduler, engine, workers, API
// on one port.

import type { AddressInfo } from "node:net";
import { serve } from "@hono/node-server";
import { createApiServer } from "../api/api-server.ts";
import { processRequested } from "../services/dag-processing/notes/parse-requests.ts";
import { testsConnections } from "../services/stored/test-setting.ts";
import { releaseMemoryAtRest } from "../workers/inside/memory-at-rest.ts";
import { needsLogIn, openLogIn } from "./access/log-in.ts";
import { machineUser } from "./access/machine-user.ts";
import { watchFolder } from "./folder-watcher.ts";
import { type LocalOptions, type LocalProduct, openLocalProduct } from "./local-platform.ts";
import { localSettings } from "./local-settings.ts";

export interface StandaloneOptions extends LocalOptions {
  /** 8080 when absent; 0 takes any free one. */
  readonly port?: number;
  /** 127.0.0.1 when absent. */
  readonly host?: string;
  /** Whether this machine's requests need a log-in as well; those of others always do. */
  readonly requiresLogIn?: boolean;
  /** Version of the product, for the API. */
  readonly version?: string;
}

export interface Standalone {
  readonly url: string;
  /** By which this machine's commands are let in; absent where nobody needs a log-in. */
  readonly machineToken?: string;
  readonly product: LocalProduct;
  /** As of the product: when this resolves, the server should stop and say so. */
  readonly damage: LocalProduct["damage"];
  stop(): Promise<void>;
}

/** The port that was asked for can't be listened on. */
class PortInUse extends Error {
  override readonly name = "PortInUse";

  constructor(port: number, host: string, cause: NodeJS.ErrnoException) {
    const why =
      cause.code === "EADDRINUSE"
        ? "is in use by another program; stop it, or choose another with --port"
        : `can't be opened (${cause.code}); choose another with --port`;
    super(`Port ${port} on ${host} ${why}`, { cause });
  }
}

/**
 * Starts everything: takes up runs where they were, reads the DAG folder, plans, and serves.
 * Resolves when all DAG files were read once. When a step fails, or meets damaged metadata, it ends
 * what has started and throws: LockHeld, PortInUse, StorageRefused or what went wrong.
 */
export async function startStandalone(options: StandaloneOptions): Promise<Standalone> {
  const product = await openLocalProduct(options);
  const closers = [() => product.close()];
  const stop = async () => {
    for (const close of closers.splice(0).reverse()) await close();
  };
  try {
    const started = await start(product, options, closers);
    return { ...started, product, damage: product.damage, stop };
  } catch (error) {
    await stop().catch((problem: unknown) => {
      options.report?.error(`Not everything could be closed: ${String(problem)}`);
    });
    throw error;
  }
}

/** What is to be closed is added to the closers, the last one first. */
async function start(
  product: LocalProduct,
  options: StandaloneOptions,
  closers: (() => Promise<void>)[],
): Promise<Pick<Standalone, "url" | "machineToken">> {
  const { port = 8080, host = "127.0.0.1", dagsFolder } = options;
  const { platform, services, processor } = product;
  const user = machineUser();
  const logIn = needsLogIn(options) ? await openLogIn(product, { ...options, user }) : undefined;
  const api = createApiServer(platform, services, {
    dagsFolder,
    localUser: user,
    ...(logIn === undefined ? {} : { logIn }),
    testsConnections: testsConnections(process.env),
    settings: localSettings(options),
    onParseRequested: () => {
      processRequested(platform.metadata, processor).catch((problem: unknown) => {
        platform.report.error(`A file that is to be parsed again was not: ${String(problem)}`);
      });
    },
    ...(options.version === undefined ? {} : { version: options.version }),
  });
  const server = await listen(api.fetch, port, host);
  closers.push(() => closeServer(server));
  const url = `http://${nameOf(host)}:${(server.address() as AddressInfo).port}`;
  product.lock.announce({ url });
  product.warmUp();
  await product.resumeRuns();
  const watcher = await watchFolder({
    folder: dagsFolder,
    source: platform.source,
    processor,
    metadata: platform.metadata,
    report: platform.report,
  });
  closers.push(() => watcher.close());
  await product.startScheduling();
  await refuseDamage(product);
  releaseMemoryAtRest();
  return { url, ...(logIn ? { machineToken: logIn.machine.token } : {}) };
}

/** The address by which this machine reaches it. */
function nameOf(host: string): string {
  if (host === "0.0.0.0") return "127.0.0.1";
  if (host === "::") return "[::1]";
  return host.includes(":") ? `[${host}]` : host;
}

/** Steps of the start report what fails for one DAG or one run and go on; damage is everybody's. */
async function refuseDamage({ damage }: LocalProduct): Promise<void> {
  const met = await Promise.race([damage, undefined]);
  if (met !== undefined) throw met;
}

type Server = ReturnType<typeof serve>;

function listen(
  fetch: (request: Request) => Response | Promise<Response>,
  port: number,
  hostname: string,
): Promise<Server> {
  return new Promise((resolve, reject) => {
    const server = serve({ fetch, port, hostname }, () => resolve(server));
    server.on("error", (error: NodeJS.ErrnoException) => {
      reject(error.syscall === "listen" ? new PortInUse(port, hostname, error) : error);
    });
  });
}

async function closeServer(server: Server): Promise<void> {
  await new Promise<void>((resolve) => {
    server.close(() => resolve());
    if ("closeAllConnections" in server) server.closeAllConnections();
  });
}
