// `npm run webhooks [-- port]`: stands in for Slack: takes what is posted to it and prints the message.
import { createServer } from "node:http";

const DEFAULT_PORT = 4_567;
const port = Number(process.argv[2] ?? DEFAULT_PORT);

const server = createServer(async (request, response) => {
  let body = "";
  for await (const chunk of request) body += String(chunk);
  console.log(toMessage(body));
  response.end("ok");
});
// On every address: functions that run in containers reach it by the machine's own.
server.listen(port, () => console.log(`Waiting for messages at http://127.0.0.1:${port}`));

function toMessage(body: string): string {
  try {
    return `\n${JSON.parse(body).text}`;
  } catch {
    return `\n${body}`;
  }
}
