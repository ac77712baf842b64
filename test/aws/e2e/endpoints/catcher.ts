// A Slack webhook on this machine for a whole test run: keeps what was posted, and tells it to
// whoever asks.
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";

export interface Catcher {
  /** POST a message to it as to Slack; GET answers the texts of all messages so far as JSON. */
  readonly url: string;
  close(): void;
}

export async function startCatcher(): Promise<Catcher> {
  const texts: string[] = [];
  const server = createServer(async (request, response) => {
    if (request.method === "POST") {
      let body = "";
      for await (const chunk of request) body += String(chunk);
      texts.push(JSON.parse(body).text);
      response.end("ok");
    } else {
      response.end(JSON.stringify(texts));
    }
  });
  await new Promise<void>((resolve) => {
    server.listen(0, "127.0.0.1", resolve);
  });
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}/services/hook`,
    close() {
      server.closeAllConnections();
      server.close();
    },
  };
}
