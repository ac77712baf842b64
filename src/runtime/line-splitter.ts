// Splits output into log lines with bounded memory: long lines are cut in the log, the last line is
// kept as the result.
import { MAX_RESULT_BYTES } from "../model/task-call.ts";

/** Bytes of a line that go to the log; the rest is cut with a note. */
export const MAX_LINE_BYTES = 64 * 1024;

/** The last line of an output, decoded when it is wanted. */
interface LastLine {
  /** Throws when the line was longer than a result may be. */
  read(): string;
}

/**
 * Bytes in, lines out; trailing white space is dropped, as Airflow does. Bytes that aren't UTF-8
 * become U+FFFD.
 */
export class LineSplitter {
  readonly #onLine: (line: string) => void;
  #chunks: Buffer[] = [];
  /** Bytes of the present line that are kept, and all of them. */
  #kept = 0;
  #total = 0;
  #last: { readonly line: Buffer; readonly sizeBytes: number } = {
    line: Buffer.alloc(0),
    sizeBytes: 0,
  };

  constructor(onLine: (line: string) => void) {
    this.#onLine = onLine;
  }

  write(chunk: Buffer): void {
    let start = 0;
    for (let end = chunk.indexOf(10); end !== -1; end = chunk.indexOf(10, start)) {
      this.#keep(chunk.subarray(start, end));
      this.#endLine();
      start = end + 1;
    }
    this.#keep(chunk.subarray(start));
  }

  /** Flushes an unfinished line. */
  end(): LastLine {
    if (this.#total > 0) this.#endLine();
    const { line, sizeBytes } = this.#last;
    return {
      read() {
        if (sizeBytes > MAX_RESULT_BYTES) {
          throw new Error(
            `The last line of the output is the task's result and has ${sizeBytes} bytes, over the limit of ${MAX_RESULT_BYTES}; print a short line last`,
          );
        }
        return line.toString("utf8").trimEnd();
      },
    };
  }

  #keep(part: Buffer): void {
    this.#total += part.length;
    const room = MAX_RESULT_BYTES - this.#kept;
    if (part.length === 0 || room <= 0) return;
    // A copy, as a view would keep the whole chunk alive.
    const kept = Buffer.from(part.subarray(0, room));
    this.#chunks.push(kept);
    this.#kept += kept.length;
  }

  #endLine(): void {
    const line =
      this.#chunks.length === 1 && this.#chunks[0] ? this.#chunks[0] : Buffer.concat(this.#chunks);
    this.#last = { line, sizeBytes: this.#total };
    this.#onLine(
      this.#total > MAX_LINE_BYTES
        ? `${line.toString("utf8", 0, MAX_LINE_BYTES)} … [line of ${this.#total} bytes cut after ${MAX_LINE_BYTES}]`
        : line.toString("utf8").trimEnd(),
    );
    this.#chunks = [];
    this.#kept = 0;
    this.#total = 0;
  }
}
