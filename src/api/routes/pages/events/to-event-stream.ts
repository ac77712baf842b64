// Texts that are made one after the other as the body of an answer: each is made when the one
// before has been read, and no more are once nobody reads.

/** The maker is told by its first `yield` what is aborted when nobody reads any more. */
export function toEventStream(
  events: AsyncGenerator<string, void, AbortSignal>,
): ReadableStream<Uint8Array> {
  const gone = new AbortController();
  const encoder = new TextEncoder();
  return new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        const { done, value } = await events.next(gone.signal);
        if (done) controller.close();
        else controller.enqueue(encoder.encode(value));
      },
      async cancel() {
        gone.abort();
        await events.return();
      },
    },
    // Nothing is made ahead of what is read.
    new CountQueuingStrategy({ highWaterMark: 0 }),
  );
}
