// Sends requests to a function's URL wherever the emulator has it. Its host is one of AWS's, so the
// request goes to the endpoint, with that name as Host header (LocalStack) or in the path
// (MiniStack).
import { request } from "node:http";
import { isMiniStack } from "../../ministack.ts";

export interface Answer {
  readonly status: number;
  /** Parsed JSON; text where it is none. */
  readonly body: ReturnType<typeof JSON.parse>;
}

export interface Asked {
  /** POST when absent. */
  readonly method?: string;
  /** Sent as JSON; nothing is sent when absent. */
  readonly body?: object;
  readonly token?: string;
}

/** `functionUrl` is the URL as Lambda tells it. */
export async function callFunction(
  functionUrl: string,
  path: string,
  asked: Asked,
): Promise<Answer> {
  const { host } = new URL(functionUrl);
  const endpoint = process.env.AWS_ENDPOINT_URL;
  if (endpoint === undefined) return send(new URL(path, functionUrl), host, asked);
  if (!(await isMiniStack(endpoint))) return send(new URL(path, endpoint), host, asked);
  const url = new URL(`${await reachableAddress(functionUrl)}${path}`);
  return send(url, url.host, asked);
}

/** The address that a program without a name server of the emulator's own can call. */
export async function reachableAddress(functionUrl: string): Promise<string> {
  const endpoint = process.env.AWS_ENDPOINT_URL;
  if (endpoint === undefined || !(await isMiniStack(endpoint))) return functionUrl;
  const [id = ""] = new URL(functionUrl).hostname.split(".");
  return new URL(`/_aws/lambda-url/${id}`, endpoint).href;
}

function send(url: URL, host: string, { method = "POST", body, token }: Asked): Promise<Answer> {
  const headers = {
    host,
    ...(body === undefined ? {} : { "content-type": "application/json" }),
    ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
  };
  return new Promise((resolve, reject) => {
    // node:http, because fetch sets no Host header.
    const sent = request(url, { method, headers }, async (response) => {
      try {
        let text = "";
        for await (const chunk of response) text += String(chunk);
        const isJson = text !== "" && response.headers["content-type"]?.includes("json");
        resolve({ status: response.statusCode ?? 0, body: isJson ? JSON.parse(text) : text });
      } catch (error) {
        reject(error);
      }
    });
    sent.once("error", reject);
    sent.end(body === undefined ? undefined : JSON.stringify(body));
  });
}
