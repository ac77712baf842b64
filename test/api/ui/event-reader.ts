// Reads server-sent events of a real server, one after the other.

export interface ServerSentEvent {
  readonly id: string;
  readonly event: string;
  readonly data: ReturnType<typeof JSON.parse>;
}

export interface EventReader {
  /** The next event; undefined when the stream has ended. */
  next(): Promise<ServerSentEvent | undefined>;
  /** Reads until an event is as wanted. */
  until(isWanted: (event: ServerSentEvent) => boolean): Promise<ServerSentEvent>;
  close(): void;
}

export async function openEvents(
  url: string,
  headers: Readonly<Record<string, string>> = {},
): Promise<EventReader> {
  const gone = new AbortController();
  const response = await fetch(url, {
    headers: { accept: "text/event-stream", ...headers },
    signal: gone.signal,
  });
  const type = response.headers.get("content-type");
  if (!response.ok || type !== "text/event-stream" || !response.body) {
    throw new Error(`${url}: ${response.status} ${type} ${await response.text()}`);
  }
  const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
  let rest = "";

  async function next(): Promise<ServerSentEvent | undefined> {
    for (;;) {
      const end = rest.indexOf("\n\n");
      if (end < 0) {
        const { done, value } = await reader.read();
        if (done) return undefined;
        rest += value;
        continue;
      }
      const fields = new Map(
        rest
          .slice(0, end)
          .split("\n")
          .map((line) => [line.slice(0, line.indexOf(":")), line.slice(line.indexOf(":") + 2)]),
      );
      rest = rest.slice(end + 2);
      const data = fields.get("data");
      if (data === undefined) continue;
      return {
        id: fields.get("id") ?? "",
        event: fields.get("event") ?? "",
        data: JSON.parse(data),
      };
    }
  }

  return {
    next,
    async until(isWanted) {
      for (;;) {
        const event = await next();
        if (!event) throw new Error(`${url} has ended before what was waited for`);
        if (isWanted(event)) return event;
      }
    },
    close: () => gone.abort(),
  };
}
