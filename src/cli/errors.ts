// What an error means to the person at the terminal.
import { ApiError } from "./api-client.ts";
import { Failure } from "./failure.ts";

/** Errors of our own are told as they are; for others the stack is shown, since only it helps. */
export function toFailure(error: unknown): Failure {
  if (error instanceof Failure) return error;
  if (error instanceof ApiError) return new Failure(error.message);
  if (!(error instanceof Error)) return new Failure(String(error));
  switch (error.name) {
    case "LockHeld":
    case "PortInUse":
    case "Refused":
      return new Failure(error.message);
    default:
      return new Failure(error.message, {
        hint: `This should not happen. Please report it with these lines:\n${error.stack ?? ""}`,
      });
  }
}
