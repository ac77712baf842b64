// The routes of the operations. A file is loaded at the first request for one of its operations:
// most processes answer few kinds.

import type { Context } from "hono";
import { forbidden } from "./access/forbidden.ts";
import type { EventLogger } from "./audit/event-logger.ts";
import type { Api, ApiContext, ApiEnv } from "./context.ts";
import { OPERATIONS } from "./document/generated/operations.ts";
import type { OperationId } from "./document/shapes.ts";
import type { Operation } from "./operation.ts";
import { FILES } from "./operation-files.ts";
import { toAnswer } from "./problems.ts";
import { readDocumentedBody } from "./requests/body.ts";
import { readPathInteger, readQuery } from "./requests/query.ts";

/** Methods that clients use besides the document's: airflowctl 0.1.5 sends POST. */
const OTHER_METHODS: Partial<Readonly<Record<OperationId, string>>> = {
  pause_backfill: "post",
  unpause_backfill: "post",
  cancel_backfill: "post",
};

/** Adds a route for each operation. */
export function addOperations(app: Api, context: ApiContext, files = FILES): void {
  let made: Promise<EventLogger> | undefined;
  const logger = () => {
    made ??= import("./audit/event-logger.ts").then(({ createEventLogger }) =>
      createEventLogger(context.platform),
    );
    return made;
  };
  const routes = files.flatMap(({ ids, load }) => {
    let loaded: Promise<ReadonlyMap<OperationId, Operation>> | undefined;
    const all = () => {
      loaded ??= load().then((make) => new Map(make(context).map((each) => [each.id, each])));
      return loaded;
    };
    return ids.map((id) => ({ id, find: async () => (await all()).get(id) }));
  });
  routes.sort((a, b) => compare(OPERATIONS[a.id].path, OPERATIONS[b.id].path));
  for (const { id, find } of routes) {
    const { method, path } = OPERATIONS[id];
    const methods = new Set([method, OTHER_METHODS[id] ?? method]);
    app.on(
      [...methods].map((each) => each.toUpperCase()),
      toPattern(path),
      async (c) => {
        const found = await find();
        if (!found) throw new Error(`No file has operation ${id}`);
        return run(found, c, logger);
      },
    );
  }
}

/**
 * As in Airflow, the key of an XCom, of a kept value or of a variable may have slashes: it ends the
 * path.
 */
function toPattern(path: string): string {
  return path
    .replace(/\{(key|xcom_key|variable_key)\}$/, ":$1{.+}")
    .replaceAll(/\/\{(\w+)\}/g, "/:$1");
}

/** What is written out goes before what stands for anything. */
function compare(a: string, b: string): number {
  const [left, right] = [a.split("/"), b.split("/")];
  for (const [index, part] of left.entries()) {
    const other = right[index];
    if (other === undefined) return 1;
    const difference = Number(part.startsWith("{")) - Number(other.startsWith("{"));
    if (difference !== 0) return difference;
  }
  return left.length - right.length;
}

async function run(operation: Operation, c: Context<ApiEnv>, logger: () => Promise<EventLogger>) {
  const { id, permission, query } = operation;
  const dagId = c.req.param("dag_id");
  if (permission !== "open" && !c.var.principal.may(permission, dagId)) {
    throw forbidden(permission);
  }
  const request = {
    path: readPath(id, c),
    query: readQuery(c, query),
    body: await readDocumentedBody(c, id),
    c,
  };
  const answer = isChange(operation, request.body)
    ? await handleLogged(operation, request, await logger())
    : await operation.handle({ ...request, changed: () => {} });
  if (answer instanceof Response) return answer;
  const { status } = OPERATIONS[id];
  return status === 204 || answer === undefined ? c.body(null, 204) : c.json(answer, status);
}

/** Their bodies ask for nothing but a look unless they say so. */
const DRY_BY_DEFAULT: ReadonlySet<OperationId> = new Set<OperationId>([
  "post_clear_task_instances",
  "clear_dag_run",
  "clear_dag_runs",
  "clear_dag_run_partitions",
]);

/** Whether some of its requests change something. */
export function mayChange(id: OperationId): boolean {
  // Those that are posted a query are called "get_…", too.
  return OPERATIONS[id].method !== "get" && !id.startsWith("get_") && !id.includes("dry_run");
}

function isChange({ id }: Operation, body: unknown): boolean {
  if (!mayChange(id)) return false;
  const isDry: unknown =
    typeof body === "object" && body !== null ? Reflect.get(body, "dry_run") : undefined;
  return !(isDry ?? DRY_BY_DEFAULT.has(id));
}

async function handleLogged(
  { id, handle }: Operation,
  request: Omit<Parameters<Operation["handle"]>[0], "changed"> & {
    readonly path: Readonly<Record<string, string | number>>;
  },
  logger: EventLogger,
): Promise<unknown> {
  const { c, path, body } = request;
  const { name: owner } = c.var.principal;
  const { method } = c.req;
  const asked = { event: id, method, owner, path, query: c.req.query(), body };
  const logged = await logger.log(asked);
  const answer = await handle({ ...request, changed: logged.changed }).catch(
    async (error: unknown) => {
      const isOurs = toAnswer(error) === undefined;
      const reason = error instanceof Error ? error.message : String(error);
      await logged.refused(isOurs ? "Internal Server Error" : reason);
      throw error;
    },
  );
  await logged.complete();
  return answer;
}

function readPath(id: OperationId, c: Context<ApiEnv>): Readonly<Record<string, string | number>> {
  const known = OPERATIONS[id];
  const integers: readonly string[] = "integers" in known ? known.integers : [];
  return Object.fromEntries(
    Object.entries(c.req.param()).map(([name, text]) => [
      name,
      integers.includes(name) ? readPathInteger(name, text, name === "map_index" ? -1 : 0) : text,
    ]),
  );
}
