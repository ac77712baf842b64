// Ctrl-C and SIGTERM: the first asks to stop, the second ends the process at once.
import { exitAtOnce } from "./exit-at-once.ts";

export interface StopSignals {
  /** Aborted by the first signal. */
  readonly signal: AbortSignal;
  /** Leaves signals to Node again. */
  forget(): void;
}

const SIGNALS = ["SIGINT", "SIGTERM"] as const;
/** What a shell answers for a program that Ctrl-C ended. */
export const INTERRUPTED = 130;

export function listenForStop(): StopSignals {
  const controller = new AbortController();
  const onSignal = () => {
    if (controller.signal.aborted) exitAtOnce(INTERRUPTED);
    controller.abort();
  };
  for (const name of SIGNALS) process.on(name, onSignal);
  return {
    signal: controller.signal,
    forget() {
      for (const name of SIGNALS) process.off(name, onSignal);
    },
  };
}
