// Whether a client wants JSON or plain text of an operation that has both (Airflow:
// common/headers.py).
import type { Context } from "hono";
import { accepts } from "hono/accepts";
import type { ApiEnv } from "../context.ts";
import { Problem } from "../problems.ts";

const JSON_TYPE = "application/json";
const TEXT_TYPE = "text/plain";

/** JSON for a client that takes anything; one that takes neither is refused, as in Airflow. */
export function wantsText(c: Context<ApiEnv>): boolean {
  const isOpen = (c.req.header("accept") ?? "*/*").includes("*/*");
  const type = accepts(c, {
    header: "Accept",
    supports: [JSON_TYPE, TEXT_TYPE],
    default: isOpen ? JSON_TYPE : "",
  });
  if (type !== "") return type === TEXT_TYPE;
  throw new Problem(406, "Only application/json or text/plain is supported");
}
