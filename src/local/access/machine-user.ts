// The user of this machine, who asks for what is asked here without a log-in (Airflow: getuser).
import { userInfo } from "node:os";

/** The name; the number as text where the machine has no name for it, as in some containers. */
export function machineUser(): string {
  try {
    return userInfo().username;
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ERR_SYSTEM_ERROR") {
      return String(process.getuid?.() ?? "unknown");
    }
    throw error;
  }
}
