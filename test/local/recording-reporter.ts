// A reporter that remembers what it was told.
import type { Reporter } from "../../src/ports/platform.ts";

/** `messages` are "level: message", in their order. */
export function createRecordingReporter(): Reporter & { readonly messages: readonly string[] } {
  const messages: string[] = [];
  return {
    messages,
    info: (message) => messages.push(`info: ${message}`),
    warn: (message) => messages.push(`warn: ${message}`),
    error: (message) => messages.push(`error: ${message}`),
  };
}
