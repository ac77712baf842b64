// A request that can't be carried out as asked: the API answers it with a status, the CLI with an
// exit code.

/**
 * `message` says which thing, what is wrong and what to do; it is meant for the person who asked.
 */
export class RequestRefused extends Error {
  override readonly name = "RequestRefused";
  readonly reason: "not-found" | "conflict" | "invalid";

  constructor(reason: "not-found" | "conflict" | "invalid", message: string) {
    super(message);
    this.reason = reason;
  }
}
