// What a tool is: its schemas, what it does, and how its answer goes back: as structured content
// that fits its schema, as the same in text, or as an error that says what to do.
import type { CallToolResult, McpServer } from "@modelcontextprotocol/server";
import type { z } from "zod";
import type { Connection } from "../../connect.ts";
import { toFailure } from "../../terminal/errors.ts";
import { withoutControls } from "../../terminal/text.ts";
import type { Backend } from "./backend.ts";

/**
 * "none": it only looks; "adds": it starts or switches something; "destroys": what is there is
 * lost.
 */
export type Effect = "none" | "adds" | "destroys";

/** A call of a tool. */
export interface Call extends Pick<Connection, "api" | "hasServer" | "pollMs"> {
  /** Aborted when the client doesn't want the answer any more. */
  readonly signal: AbortSignal;
}

interface ToolOf<I extends z.ZodObject, O extends z.ZodObject> {
  readonly name: string;
  readonly title: string;
  readonly description: string;
  readonly effect: Effect;
  /** Whether a second call like the first changes nothing more. */
  readonly isIdempotent?: boolean;
  /** Whether it reaches systems besides Stepwind. */
  readonly isOpen?: boolean;
  readonly input: I;
  readonly output: O;
  run(input: z.output<I>, call: Call): Promise<z.output<O>>;
}

/** A tool of which only its name and its effect are of interest. */
export interface Tool extends Omit<ToolOf<z.ZodObject, z.ZodObject>, "run"> {
  run(input: unknown, call: Call): Promise<Record<string, unknown>>;
}

export function tool<I extends z.ZodObject, O extends z.ZodObject>(given: ToolOf<I, O>): Tool {
  return {
    ...given,
    // Parsed once more by its own schema, of which the type is known.
    run: async (input, call) => ({ ...(await given.run(given.input.parse(input), call)) }),
  };
}

/** More than any answer has; a client may refuse longer ones. */
const MOST_CHARACTERS = 60_000;

export function addTool(server: McpServer, each: Tool, backend: Backend): void {
  const { name, title, description, effect, isIdempotent, isOpen, input, output } = each;
  const annotations = {
    title,
    readOnlyHint: effect === "none",
    openWorldHint: isOpen ?? false,
    ...(effect === "none"
      ? {}
      : { destructiveHint: effect === "destroys", idempotentHint: isIdempotent ?? false }),
  };
  const config = { title, description, inputSchema: input, outputSchema: output, annotations };
  server.registerTool(name, config, async (args, { mcpReq: { signal } }) => {
    try {
      const purpose = effect === "none" ? "look" : "change";
      const answer = await backend.ask(purpose, ({ api, hasServer, pollMs }) =>
        each.run(args, { api, hasServer, pollMs, signal }),
      );
      return toResult(answer);
    } catch (error) {
      return toErrorResult(error);
    }
  });
}

function toResult(answer: Record<string, unknown>): CallToolResult {
  const text = JSON.stringify(answer);
  if (text.length > MOST_CHARACTERS) {
    throw new Error(`The answer has ${text.length} characters; ask for less by limit or filters`);
  }
  return { content: [{ type: "text", text }], structuredContent: answer };
}

function toErrorResult(error: unknown): CallToolResult {
  const { message, hint } = toFailure(error);
  const text = withoutControls(hint === undefined ? message : `${message}\n${hint}`);
  return { content: [{ type: "text", text }], isError: true };
}
