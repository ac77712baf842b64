// Who asks for server-sent events, and what they are answered with.

export const EVENT_HEADERS = {
  "content-type": "text/event-stream",
  "cache-control": "no-store",
  // Proxies such as nginx would hold events back.
  "x-accel-buffering": "no",
} as const;

export function acceptsEvents(accept = ""): boolean {
  return accept.split(",").some((each) => each.split(";")[0]?.trim() === "text/event-stream");
}
