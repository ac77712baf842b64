// Runs the command as a person does, and keeps what it wrote.
import { main } from "../../src/cli/main.ts";
import type { Terminal } from "../../src/cli/terminal/terminal.ts";

export interface Answer {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

/** A terminal that keeps what is written; a screen of 100 × 40 if `isScreen`. */
export function captureTerminal(
  given: Partial<Terminal> = {},
): Terminal & { readonly written: { out: string; err: string } } {
  const written = { out: "", err: "" };
  const { isScreen = false } = given;
  return {
    written,
    out: (text) => {
      written.out += text;
    },
    err: (text) => {
      written.err += text;
    },
    isScreen,
    hasColors: false,
    columns: () => (isScreen ? 100 : 0),
    rows: () => (isScreen ? 40 : 0),
    async secret(prompt) {
      throw new Error(`Nobody is there to answer: ${prompt}`);
    },
    env: {},
    cwd: process.cwd(),
    ...given,
  };
}

/** `stepwind …argv` in the folder. */
export async function stepwind(cwd: string, ...argv: readonly string[]): Promise<Answer> {
  const terminal = captureTerminal({ cwd });
  const code = await main(argv, terminal);
  return { code, ...terminal.written };
}
