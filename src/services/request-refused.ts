// A request that can't be carried out as asked: the API answers it with a status, the CLI with an
// exit code.

/** "unprocessable": well formed, but it can't be done as asked (Airflow: 422). */
export type RefusalReason = "not-found" | "conflict" | "invalid" | "unprocessable" | "forbidden";

/**
 * `message` says which thing, what is wrong and what to do; it is meant for the person who asked.
 */
export class RequestRefused extends Error {
  override readonly name = "RequestRefused";
  readonly reason: RefusalReason;

  constructor(reason: RefusalReason, message: string) {
    super(message);
    this.reason = reason;
  }
}
