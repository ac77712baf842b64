// Where the command writes: the process's own streams, or a test's. Colours only where a person
// looks at them.

export interface Terminal {
  /** Results: stdout. */
  out(text: string): void;
  /** What went wrong, and remarks beside a result: stderr. */
  err(text: string): void;
  /** Whether stdout is a screen that lines can be redrawn on. */
  readonly isScreen: boolean;
  readonly hasColors: boolean;
  /** Characters per line; 0 when there is no screen. */
  columns(): number;
  /** Lines of the screen; 0 when there is none. */
  rows(): number;
  /** Asks for what isn't shown while it is typed; without a person, the first line of stdin. */
  secret(prompt: string): Promise<string>;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** The folder that relative paths start from. */
  readonly cwd: string;
}

/** What a shell answers for a program that SIGPIPE ended. */
const BROKEN_PIPE = 141;

/** The terminal of this process. https://no-color.org decides on colours. */
export function createProcessTerminal(): Terminal {
  const { stdout, stderr, env } = process;
  // `stepwind … | head` ends when head does, as other programs do.
  for (const stream of [stdout, stderr]) stream.once("error", () => process.exit(BROKEN_PIPE));
  return {
    out: (text) => void stdout.write(text),
    err: (text) => void stderr.write(text),
    isScreen: stdout.isTTY === true && env.TERM !== "dumb",
    hasColors: stdout.isTTY === true && !env.NO_COLOR && env.TERM !== "dumb",
    columns: () => (stdout.isTTY ? stdout.columns || 80 : 0),
    rows: () => (stdout.isTTY ? stdout.rows || 24 : 0),
    async secret(prompt) {
      const { readSecret } = await import("./secret-input.ts");
      return readSecret(prompt);
    },
    env,
    cwd: process.cwd(),
  };
}
