// `stepwind standalone`: the whole product in one process: watcher, scheduler, engine, workers, API on one port.

import type { AddressInfo } from "node:net";
import { serve } from "@hono/node-server";
import { createApiServer } from "../api/api-server.ts";
import { watchFolder } from "./folder-watcher.ts";
import { type LocalOptions, type LocalProduct, openLocalProduct } from "./local-platform.ts";
import { machineUser } from "./machine-user.ts";
import { releaseMemoryAtRest } from "./threads/memory-at-rest.ts";

export interface StandaloneOptions extends LocalOptions {
  /** 8080 when absent; 0 takes any free one. */
  readonly port?: number;
  /** 127.0.0.1 when absent. */
  readonly host?: string;
  /** Version of the product, for the API. */
  readonly version?: string;
}

export interface Standalone {
  readonly url: string;
  readonly product: LocalProduct;
  stop(): Promise<void>;
}

/** The port that was asked for is taken by somebody else. */
class PortInUse extends Error {
  override readonly name = "PortInUse";

  constructor(port: number, host: string) {
    super(
      `Port ${port} on ${host} is in use by another program; stop it, or choose another with --port`,
    );
  }
}

/**
 * Starts everything: takes up runs where they were, reads the DAG folder, plans, and serves. Resolves when all
 * DAG files were read once. Throws LockHeld or PortInUse before anything has started.
 */
export async function startStandalone(options: StandaloneOptions): Promise<Standalone> {
  const { port = 8080, host = "127.0.0.1" } = options;
  const product = await openLocalProduct(options);
  const { platform, services, processor } = product;
  const api = createApiServer(platform, services, {
    dagsFolder: options.dagsFolder,
    localUser: machineUser(),
    ...(options.version === undefined ? {} : { version: options.version }),
  });
  let server: ReturnType<typeof serve>;
  try {
    server = await listen(api.fetch, port, host);
  } catch (error) {
    await product.close();
    throw error;
  }
  const url = `http://${host}:${(server.address() as AddressInfo).port}`;
  product.lock.announce({ url });
  product.warmUp();
  await product.resumeRuns();
  const watcher = await watchFolder({
    folder: options.dagsFolder,
    source: platform.source,
    processor,
    metadata: platform.metadata,
    report: platform.report,
  });
  await product.startScheduling();
  releaseMemoryAtRest();
  return {
    url,
    product,
    async stop() {
      await watcher.close();
      await new Promise<void>((resolve) => {
        server.close(() => resolve());
        if ("closeAllConnections" in server) server.closeAllConnections();
      });
      await product.close();
    },
  };
}

function listen(
  fetch: (request: Request) => Response | Promise<Response>,
  port: number,
  hostname: string,
): Promise<ReturnType<typeof serve>> {
  return new Promise((resolve, reject) => {
    const server = serve({ fetch, port, hostname }, () => resolve(server));
    server.on("error", (error: NodeJS.ErrnoException) => {
      reject(error.code === "EADDRINUSE" ? new PortInUse(port, hostname) : error);
    });
  });
}
