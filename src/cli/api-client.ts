// Airflow's REST API as the commands use it: the answers' fields that they read, and errors as
// exceptions.
import { PERMISSION_HEADER } from "../api/answer-headers.ts";
import { CLIENT_HEADER, type Client } from "../api/client-header.ts";

export interface Api {
  get<T>(path: string, query?: Query): Promise<T>;
  post<T>(path: string, body: unknown): Promise<T>;
  patch<T>(path: string, body: unknown): Promise<T>;
  put<T>(path: string): Promise<T>;
  delete(path: string): Promise<void>;
}

type QueryValue = string | number | boolean | undefined;
/** A list is a parameter that comes several times. */
type Query = Readonly<Record<string, QueryValue | readonly string[]>>;

/** Sends a request: to a server, or to the API inside this process. */
export type Send = (request: Request) => Response | Promise<Response>;

/** The API refused; the message is its `detail`. */
export class ApiError extends Error {
  override readonly name = "ApiError";
  readonly status: number;
  /**
   * What the caller would need for it, such as "can_edit on DAGs"; absent where that is not why.
   */
  readonly permission: string | undefined;

  constructor(status: number, message: string, permission?: string) {
    super(message);
    this.status = status;
    this.permission = permission;
  }
}

export async function toApiError(response: Response): Promise<ApiError> {
  const permission = response.headers.get(PERMISSION_HEADER) ?? undefined;
  return new ApiError(response.status, await readDetail(response), permission);
}

/**
 * `base` is the address of the server without a path; paths are below /api/v2, or of /auth and /ui.
 */
export function createApi(send: Send, base: string, version: string): Api {
  async function call(
    method: string,
    path: string,
    { query = {}, body }: { readonly query?: Query; readonly body?: unknown },
  ): Promise<Response> {
    const place = /^\/(auth|ui)\//.test(path) ? path : `/api/v2${path}`;
    const url = new URL(`${base.replace(/\/+$/, "")}${place}`);
    for (const [name, value] of Object.entries(query)) {
      for (const each of Array.isArray(value) ? value : [value]) {
        if (each !== undefined) url.searchParams.append(name, String(each));
      }
    }
    const response = await send(
      new Request(url, {
        method,
        headers: {
          "user-agent": `stepwind-cli/${version}`,
          [CLIENT_HEADER]: "cli" satisfies Client,
          "content-type": "application/json",
        },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      }),
    );
    if (!response.ok) throw await toApiError(response);
    return response;
  }
  const json = async <T>(answer: Promise<Response>): Promise<T> => {
    const response = await answer;
    return (response.status === 204 ? undefined : await response.json()) as T;
  };
  return {
    get: (path, query = {}) => json(call("GET", path, { query })),
    post: (path, body) => json(call("POST", path, { body })),
    patch: (path, body) => json(call("PATCH", path, { body })),
    put: (path) => json(call("PUT", path, {})),
    delete: async (path) => void (await call("DELETE", path, {})),
  };
}

/** What a refusal says: its `detail`. */
export async function readDetail(response: Response): Promise<string> {
  const text = await response.text();
  try {
    const { detail } = JSON.parse(text);
    if (typeof detail === "string") return detail;
    return detail
      .map(({ loc, msg }: { loc: readonly string[]; msg: string }) => `${loc.join(".")}: ${msg}`)
      .join("; ");
  } catch {
    return `${response.status} ${response.statusText} ${text.slice(0, 200)}`.trim();
  }
}

/** A path of which each part is written so that it stays one part. */
export function path(parts: TemplateStringsArray, ...ids: readonly (string | number)[]): string {
  return String.raw({ raw: parts }, ...ids.map((id) => encodeURIComponent(id)));
}

export interface DagAnswer {
  readonly dag_id: string;
  readonly is_paused: boolean;
  readonly is_stale: boolean;
  readonly relative_fileloc: string;
  readonly timetable_summary: string | null;
  readonly next_dagrun_run_after: string | null;
  readonly next_dagrun_logical_date: string | null;
  readonly owners: readonly string[];
  readonly tags: readonly { readonly name: string }[];
  readonly has_import_errors: boolean;
  readonly max_active_runs: number;
}

export interface RunAnswer {
  readonly dag_id: string;
  readonly dag_run_id: string;
  readonly state: "queued" | "running" | "success" | "failed";
  readonly run_type: string;
  readonly logical_date: string | null;
  readonly run_after: string;
  readonly start_date: string | null;
  readonly end_date: string | null;
  readonly duration: number | null;
  readonly conf: Readonly<Record<string, unknown>>;
}

export interface RunsAnswer {
  readonly dag_runs: readonly RunAnswer[];
  readonly next_cursor: string | null;
}

export interface TaskAnswer {
  readonly task_id: string;
  readonly operator_name: string;
  readonly trigger_rule: string;
  readonly retries: number;
  readonly owner: string;
  readonly downstream_task_ids: readonly string[];
}

export interface LogAnswer {
  readonly content: readonly LogMessage[];
  readonly continuation_token: string | null;
}

export interface LogMessage {
  readonly timestamp?: string;
  readonly event: string;
  readonly level?: string;
  readonly logger?: string;
}
