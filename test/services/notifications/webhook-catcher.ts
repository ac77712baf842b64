// A webhook on this machine: remembers what was posted to it, and answers as it is told.
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { onTestFinished } from "vitest";

export interface WebhookCatcher {
  readonly url: string;
  /** Path and JSON body of each request, in their order. */
  readonly posts: readonly { readonly path: string; readonly body: { readonly text: string } }[];
  /** Statuses of the next answers; 200 when none is left. */
  readonly statuses: number[];
}

/** To be called within a test. */
export async function catchWebhooks(): Promise<WebhookCatcher> {
  const posts: { path: string; body: { text: string } }[] = [];
  const statuses: number[] = [];
  const server = createServer(async (request, response) => {
    let text = "";
    for await (const chunk of request) text += String(chunk);
    posts.push({ path: request.url ?? "", body: JSON.parse(text) });
    response.writeHead(statuses.shift() ?? 200).end("ok");
  });
  await new Promise<void>((resolve) => {
    server.listen(0, "127.0.0.1", resolve);
  });
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  const { port } = server.address() as AddressInfo;
  return { url: `http://127.0.0.1:${port}`, posts, statuses };
}
