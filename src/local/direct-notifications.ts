// Notifications on one machine: the notifier is called directly, and again when it fails. Nothing
// waits for it.
import type { Notifications } from "../ports/notifications.ts";
import type { Clock, Reporter } from "../ports/platform.ts";
import type { Notifier } from "../services/notifications/notifier.ts";

export interface DirectNotifications extends Notifications {
  /** Ends the waits for another attempt, and resolves when no attempt is going on. */
  close(): Promise<void>;
}

/** Waits before further attempts, in ms. */
const DELAYS_MS = [1_000, 10_000, 60_000];

export function createDirectNotifications(
  notifier: Notifier,
  { clock, report }: { readonly clock: Clock; readonly report: Reporter },
): DirectNotifications {
  const open = new Set<Promise<void>>();
  const closing = new AbortController();

  async function send(event: Parameters<Notifier["notify"]>[0]): Promise<void> {
    for (let attempt = 0; ; attempt += 1) {
      try {
        return await notifier.notify(event);
      } catch (problem) {
        const delayMs = DELAYS_MS[attempt];
        if (delayMs !== undefined) await clock.sleep(delayMs, closing.signal);
        if (delayMs === undefined || closing.signal.aborted) {
          report.warn(`The failure of run "${event.runId}" of DAG "${event.dagId}" was not told`, {
            problem: String(problem),
          });
          return;
        }
      }
    }
  }

  return {
    async publish(event) {
      const sending = send(event).finally(() => open.delete(sending));
      open.add(sending);
    },
    async close() {
      closing.abort();
      await Promise.all(open);
    },
  };
}
