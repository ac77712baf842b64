// /connections/test and /connections/enqueue-test: whether a connection leads somewhere. Off unless
// the deployment allows it, since a test calls whatever address the caller names.

import {
  findRecordedTest,
  runRecordedTest,
} from "../../../services/stored/connection-tests/recorded-tests.ts";
import { testConnection } from "../../../services/stored/connection-tests/test-connection.ts";
import { readConnection } from "../../../services/stored/connections.ts";
import { createStoredContext } from "../../../services/stored/stored-context.ts";
import { forbidden } from "../../access/forbidden.ts";
import { type Operations, operation } from "../../operation.ts";
import { InvalidRequest, Problem } from "../../problems.ts";
import { toConnectionResponse, withoutValues } from "../../responses/stored-responses.ts";
import { toWireDate } from "../../responses/wire.ts";
import { type ConnectionBody, changeConnection, toConnectionFields } from "./connection-bodies.ts";

const TOKEN_HEADER = "Airflow-Connection-Test-Token";
/** What Stepwind's tasks run by, to those who ask for an executor by name. */
const EXECUTOR = "StepwindExecutor";

export const connectionTestOperations: Operations = ({ platform, testsConnections }) => {
  const context = createStoredContext(platform);

  function requireTests(): void {
    if (testsConnections) return;
    throw new Problem(
      403,
      "Testing connections is disabled in Airflow configuration. Contact your deployment admin to enable it.",
    );
  }

  /** What a body leaves out, or has masked, is that of the stored connection. */
  async function toTested(body: ConnectionBody) {
    const stored = await readConnection(context, body.connection_id);
    return stored ? changeConnection(stored, body, []) : toConnectionFields(body);
  }

  /** For the event log. */
  async function shownOf(connId: string) {
    const stored = await readConnection(context, connId);
    return stored && withoutValues(toConnectionResponse(stored));
  }

  return [
    operation("test_connection", {
      permission: "POST connection",
      async handle({ body }) {
        requireTests();
        return testConnection(await toTested(body));
      },
    }),

    operation("enqueue_connection_test", {
      permission: "POST connection",
      async handle({ body, c, changed }) {
        requireTests();
        const { commit_on_success: isToBeStored, executor, queue: _, ...connection } = body;
        if (executor && executor !== EXECUTOR) {
          throw new Problem(
            422,
            `Executor '${executor}' is not configured. Configured executors: ['${EXECUTOR}']`,
          );
        }
        if (isToBeStored && !c.var.principal.may("PUT connection")) {
          throw forbidden("PUT connection");
        }
        const before = await shownOf(connection.connection_id);
        const { connId, token, state } = await runRecordedTest(
          context,
          await toTested(connection),
          { clock: platform.clock, isToBeStored: isToBeStored ?? false },
        );
        if (isToBeStored) changed(before, await shownOf(connId));
        return { token, connection_id: connId, state };
      },
    }),

    operation("get_connection_test", {
      permission: "GET connection",
      async handle({ c }) {
        const token = c.req.header(TOKEN_HEADER);
        if (token === undefined) {
          const loc = ["header", TOKEN_HEADER];
          throw new InvalidRequest([{ type: "missing", loc, msg: "Field required", input: null }]);
        }
        const found = await findRecordedTest(context, token);
        return {
          token,
          connection_id: found.connId,
          state: found.state,
          result_message: found.message ?? null,
          created_at: toWireDate(found.createdAt),
        };
      },
    }),
  ];
};
