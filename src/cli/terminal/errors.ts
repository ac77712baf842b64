// What an error means to the person at the terminal.
import { getSystemErrorMap } from "node:util";
import { ApiError } from "../api-client.ts";
import { Failure } from "./failure.ts";

/**
 * Refusals are printed as they are, and so is what the operating system refuses. For anything else
 * the stack is printed, since only it helps.
 */
export function toFailure(error: unknown): Failure {
  if (error instanceof Failure) return error;
  if (error instanceof ApiError) return toRefusal(error);
  if (!(error instanceof Error)) return new Failure(String(error));
  if ("hint" in error && typeof error.hint === "string") {
    return new Failure(error.message, { hint: error.hint });
  }
  // An answer of AWS: it says itself what is wrong, such as AccessDenied.
  if ("$metadata" in error) return new Failure(`AWS refused: ${error.name}: ${error.message}`);
  if (error.message === "Region is missing") {
    return new Failure("No AWS region is set", { hint: "Set AWS_REGION, such as eu-west-1" });
  }
  const refusal = refusalOf(error);
  if (refusal !== undefined) return new Failure(refusal);
  switch (error.name) {
    case "LockHeld":
    case "PortInUse":
    case "RequestRefused":
    case "StorageRefused":
      return new Failure(error.message);
    case "CredentialsProviderError":
      return new Failure("There are no AWS credentials", {
        hint: "Sign in (aws configure, aws sso login), or set AWS_PROFILE",
      });
    default:
      return new Failure(error.message, {
        hint: `This should not happen. Please report it with these lines:\n${error.stack ?? ""}`,
      });
  }
}

/** Of a permission that is missing: which one, and who gives it. */
function toRefusal({ message, permission }: ApiError): Failure {
  if (permission === undefined) return new Failure(message);
  return new Failure(`${message}: this needs ${permission}`, {
    hint: "An admin gives permissions by roles:  npx stepwind roles list --permission",
  });
}

/** What the operating system refused about a path, such as "dags/x.ts: permission denied". */
function refusalOf(error: NodeJS.ErrnoException): string | undefined {
  const { code = "", errno, path } = error;
  if (path === undefined || errno === undefined || !FORESEEN.has(code)) return undefined;
  // Node 20 can run "init", and has no getSystemErrorMessage.
  return `${path}: ${getSystemErrorMap().get(errno)?.[1] ?? code}`;
}

/** Codes for which the person can do something about the path. */
const FORESEEN: ReadonlySet<string> = new Set([
  "EACCES",
  "EPERM",
  "EROFS",
  "ENOSPC",
  "EDQUOT",
  "ENOTDIR",
  "EISDIR",
  "EEXIST",
  "ELOOP",
  "ENAMETOOLONG",
  "EMFILE",
  "ENFILE",
]);
