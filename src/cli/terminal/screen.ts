// A block of lines at the end of the screen that is redrawn in place, while other lines scroll by
// above it.
import type { Terminal } from "./terminal.ts";
import { cutTo } from "./text.ts";

export interface Screen {
  /** Prints whole lines above the block. */
  print(text: string): void;
  /** Replaces the block. */
  draw(lines: readonly string[]): void;
}

const ESCAPE = "\u001b[";

/** Without a screen (a pipe, a log of CI) nothing is redrawn: `draw` does nothing. */
export function createScreen(terminal: Terminal): Screen {
  if (!terminal.isScreen) return { print: terminal.out, draw() {} };
  let block: readonly string[] = [];
  const erase = () => (block.length === 0 ? "" : `${ESCAPE}${block.length}A${ESCAPE}0J`);
  const text = () => block.map((line) => `${line}\n`).join("");
  return {
    print: (above) => terminal.out(`${erase()}${above}${text()}`),
    draw(lines) {
      // A line that wraps would count twice when the block is erased.
      const fitting = lines.map((line) => cutTo(line, terminal.columns()));
      if (fitting.join("\n") === block.join("\n")) return;
      const before = erase();
      block = fitting;
      terminal.out(`${before}${text()}`);
    },
  };
}
