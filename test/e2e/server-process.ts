// A real server process for tests: started as a user starts it, asked through its API, killed as
// the machine might.
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";

const LAUNCHER = new URL("../../bin/stepwind.js", import.meta.url).pathname;

export interface ServerProcess {
  readonly url: string;
  /** Lines that it has printed so far. */
  readonly output: readonly string[];
  /** The parsed body; throws unless the answer is a 2xx. */
  request(path: string, body?: unknown): Promise<ReturnType<typeof JSON.parse>>;
  /** Resolves when the process is gone, for whatever reason. */
  readonly gone: Promise<unknown>;
  /** Resolves when the process is gone; answers its exit code, null after a signal. */
  kill(signal: NodeJS.Signals): Promise<number | null>;
  /** Resolves when the process has ended by itself; answers as `kill` does. */
  ended(): Promise<number | null>;
}

/** Resolves when the server has told its address. */
export async function startServer(
  { home, dagsFolder }: { readonly home: string; readonly dagsFolder: string },
  ...parameters: readonly string[]
): Promise<ServerProcess> {
  const child = spawn(
    process.execPath,
    [LAUNCHER, "standalone", "--port", "0", "--home", home, "--dags", dagsFolder, ...parameters],
    { stdio: ["ignore", "pipe", "pipe"] },
  );
  const output: string[] = [];
  const gone = once(child, "exit");
  const url = await new Promise<string>((resolve, reject) => {
    for (const stream of [child.stdout, child.stderr]) {
      createInterface({ input: stream }).on("line", (line) => {
        output.push(line);
        const address = /http:\/\/[\d.]+:\d+/.exec(line)?.[0];
        if (address) resolve(address);
      });
    }
    child.once("exit", (code) => {
      reject(
        new Error(
          `The server ended with ${code} before it told its address:\n${output.join("\n")}`,
        ),
      );
    });
  });
  return {
    url,
    output,
    gone,
    async request(path, body) {
      const response = await fetch(
        `${url}/api/v2${path}`,
        body === undefined
          ? {}
          : {
              method: "POST",
              headers: { "content-type": "application/json" },
              body: JSON.stringify(body),
            },
      );
      const answer = await response.json();
      if (!response.ok) throw new Error(`${path}: ${response.status} ${JSON.stringify(answer)}`);
      return answer;
    },
    kill: (signal) => end(child, signal),
    ended: () => end(child),
  };
}

async function end(child: ChildProcess, signal?: NodeJS.Signals): Promise<number | null> {
  if (child.exitCode === null && child.signalCode === null) {
    const gone = once(child, "exit");
    if (signal !== undefined) child.kill(signal);
    await gone;
  }
  return child.exitCode;
}
