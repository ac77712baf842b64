// The two pipes between a pool and a worker process. Each carries messages as JSON, one a line.
import { StringDecoder } from "node:string_decoder";

/** File descriptors in the worker process. */
export const FROM_POOL = 3;
export const TO_POOL = 4;

export function toLine(message: unknown): string {
  return `${JSON.stringify(message)}\n`;
}

/** Takes what a pipe brings, and hands over each message once it is complete. */
export function createLineReader<T>(onMessage: (message: T) => void): (chunk: Buffer) => void {
  const decoder = new StringDecoder("utf8");
  let parts: string[] = [];
  return (chunk) => {
    const [first = "", ...others] = decoder.write(chunk).split("\n");
    parts.push(first);
    for (const other of others) {
      const line = parts.join("");
      parts = [other];
      onMessage(JSON.parse(line));
    }
  };
}
