// A client of the official SDK that starts `stepwind mcp` as an assistant does.
import { Client } from "@modelcontextprotocol/client";
import { getDefaultEnvironment, StdioClientTransport } from "@modelcontextprotocol/client/stdio";
import { onTestFinished } from "vitest";
import { temporaryFolder } from "../../local/temporary-folder.ts";

const LAUNCHER = new URL("../../../bin/stepwind.js", import.meta.url).pathname;

export interface Mcp {
  readonly client: Client;
  /** The structured answer. Throws what a tool refuses with. */
  call(name: string, input?: Record<string, unknown>): Promise<ReturnType<typeof JSON.parse>>;
  /** The text that a tool refuses with. Throws when it doesn't. */
  refusal(name: string, input?: Record<string, unknown>): Promise<string>;
  /** What the process has written to stderr. */
  readonly stderr: () => string;
}

export async function startMcp(
  args: readonly string[],
  {
    cwd = temporaryFolder(),
    env = {},
  }: { readonly cwd?: string; readonly env?: Readonly<Record<string, string>> } = {},
): Promise<Mcp> {
  const transport = new StdioClientTransport({
    command: process.execPath,
    args: [LAUNCHER, "mcp", ...args],
    cwd,
    env: { ...getDefaultEnvironment(), ...env },
    stderr: "pipe",
  });
  let stderr = "";
  transport.stderr?.on("data", (chunk) => {
    stderr += String(chunk);
  });
  const client = new Client({ name: "test", version: "1.0.0" });
  client.onerror = (error) => {
    throw error;
  };
  await client.connect(transport);
  onTestFinished(() => client.close());
  const ask = async (name: string, input: Record<string, unknown>) => {
    const answer = await client.callTool({ name, arguments: input });
    const [first] = answer.content;
    const text = first?.type === "text" ? first.text : "";
    return { isError: answer.isError === true, text, structured: answer.structuredContent };
  };
  return {
    client,
    async call(name, input = {}) {
      const { isError, text, structured } = await ask(name, input);
      if (isError) throw new Error(`${name}: ${text}`);
      if (JSON.stringify(structured) !== text) throw new Error(`${name}: ${text} differs`);
      return structured;
    },
    async refusal(name, input = {}) {
      const { isError, text } = await ask(name, input);
      if (!isError) throw new Error(`${name} answered ${text}`);
      return text;
    },
    stderr: () => stderr,
  };
}
