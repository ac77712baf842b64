// Sends requests to a function's URL wherever the emulator has it. Its host is one of AWS's, so the request goes to the
// endpoint, with that name as Host header (LocalStack) or in the path (MiniStack).
import { request } from "node:http";
import { isMiniStack } from "../ministack.ts";

export interface Answer {
  readonly status: number;
  /** Parsed JSON. */
  readonly body: ReturnType<typeof JSON.parse>;
}

/** POSTs JSON. `functionUrl` is the URL as Lambda tells it. */
export async function postToFunction(
  functionUrl: string,
  path: string,
  { body, token }: { readonly body: object; readonly token?: string },
): Promise<Answer> {
  const { host, hostname } = new URL(functionUrl);
  const endpoint = process.env.AWS_ENDPOINT_URL;
  if (endpoint === undefined) return send(new URL(path, functionUrl), { host, body, token });
  const isInPath = await isMiniStack(endpoint);
  const [id = ""] = hostname.split(".");
  const url = new URL(isInPath ? `/_aws/lambda-url/${id}${path}` : path, endpoint);
  return send(url, { host: isInPath ? url.host : host, body, token });
}

function send(
  url: URL,
  {
    host,
    body,
    token,
  }: { readonly host: string; readonly body: object; readonly token: string | undefined },
): Promise<Answer> {
  const headers = {
    host,
    "content-type": "application/json",
    ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
  };
  return new Promise((resolve, reject) => {
    // node:http, because fetch sets no Host header.
    const sent = request(url, { method: "POST", headers }, async (response) => {
      try {
        let text = "";
        for await (const chunk of response) text += String(chunk);
        resolve({
          status: response.statusCode ?? 0,
          body: text === "" ? undefined : JSON.parse(text),
        });
      } catch (error) {
        reject(error);
      }
    });
    sent.once("error", reject);
    sent.end(JSON.stringify(body));
  });
}
