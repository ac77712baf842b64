// Why a server could not be asked: nothing listens, its name is unknown, its certificate isn't
// trusted, it takes too long.
import { Failure } from "../terminal/failure.ts";

export interface Asked {
  /** The address, with what has named it. */
  readonly where: string;
  readonly isHere: boolean;
  /** Seconds that it had. */
  readonly timeout: number;
  /** Whether the request may have changed something before its answer was lost. */
  readonly isChange: boolean;
}

/** What fetch threw, in words. */
export function toUnreachable(cause: unknown, asked: Asked): Failure {
  const { where, timeout, isHere } = asked;
  const code = codeOf(cause);
  if (code === "TimeoutError") {
    return new Failure(`${where} has not answered within ${timeout} s`, {
      hint: hintOf(asked, "Try again, or give it longer: STEPWIND_TIMEOUT=600"),
      cause,
    });
  }
  const certificate = CERTIFICATES[code];
  if (certificate !== undefined) {
    return new Failure(`${where} has a certificate that can't be trusted: ${certificate}`, {
      hint: "If it is of an authority of your own: NODE_EXTRA_CA_CERTS=/path/to/ca.pem",
      cause,
    });
  }
  if (TLS.test(code)) {
    return new Failure(`${where} does not speak TLS as https:// needs it (${code})`, {
      hint: "Check scheme and port of the address",
      cause,
    });
  }
  if (code === "ECONNRESET" || code === "UND_ERR_SOCKET") {
    return new Failure(`${where} ended the connection before its answer was there`, {
      hint: hintOf(asked, "Try again"),
      cause,
    });
  }
  return new Failure(`No server answers at ${where}${REASONS[code] ?? ""}`, {
    hint: isHere
      ? "Start one with: npx stepwind standalone"
      : "Check the address, and the network between here and there",
    cause,
  });
}

function hintOf({ isChange }: Asked, hint: string): string {
  return isChange ? `What was asked may have been done all the same: look first\n${hint}` : hint;
}

const REASONS: Readonly<Record<string, string>> = {
  ECONNREFUSED: ": connection refused",
  ENOTFOUND: ": no such host",
  EAI_AGAIN: ": its name can't be resolved now",
  EHOSTUNREACH: ": no route to it",
  ENETUNREACH: ": no network",
  ETIMEDOUT: ": no connection in time",
  UND_ERR_CONNECT_TIMEOUT: ": no connection in time",
};

const CERTIFICATES: Readonly<Record<string, string>> = {
  DEPTH_ZERO_SELF_SIGNED_CERT: "it is self-signed",
  SELF_SIGNED_CERT_IN_CHAIN: "its authority is not known here",
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: "its authority is not known here",
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: "its authority is not known here",
  CERT_HAS_EXPIRED: "it has expired",
  CERT_NOT_YET_VALID: "it is not valid yet",
  ERR_TLS_CERT_ALTNAME_INVALID: "it is for another name",
};

const TLS = /^(ERR_SSL_|ERR_TLS_|EPROTO)/;

/** fetch's error hides what happened in its cause. */
function codeOf(error: unknown): string {
  if (!(error instanceof Error)) return "";
  if (error.name === "TimeoutError") return error.name;
  const inner = error.cause;
  if (inner instanceof AggregateError) return codeOf(inner.errors[0]);
  if (inner instanceof Error) return codeOf(inner);
  return "code" in error ? String(error.code) : error.name;
}

export function isOnThisMachine(url: string): boolean {
  const host = URL.parse(url)?.hostname ?? "";
  return /^(localhost|127(\.\d+){3}|\[::1\]|.*\.localhost|.*\.localhost\.localstack\.cloud)$/.test(
    host,
  );
}
