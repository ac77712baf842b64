// `npm run webhooks [-- port [address]]`: in Slack's place: takes what is posted to it and
// prints the message.
import { createServer } from "node:http";

const DEFAULT_PORT = 4_567;
const port = Number(process.argv[2] ?? DEFAULT_PORT);
/**
 * Functions that run in containers reach 0.0.0.0 by the name of their host, and nothing that is on
 * 127.0.0.1 only.
 */
const address = process.argv[3] ?? "127.0.0.1";

const server = createServer(async (request, response) => {
  let body = "";
  for await (const chunk of request) body += String(chunk);
  console.log(toMessage(body));
  response.end("ok");
});
server.listen(port, address, () =>
  console.log(`Waiting for messages at http://${address}:${port}`),
);

function toMessage(body: string): string {
  try {
    return `\n${JSON.parse(body).text}`;
  } catch {
    return `\n${body}`;
  }
}
