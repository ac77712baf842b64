// The API server: Airflow's REST API v2 over the services. The product is its `fetch`; entry points
// give it a port, a Lambda event or, in the CLI without a server, a call.
import { type Context, Hono } from "hono";
import { methodNotAllowed } from "hono/method-not-allowed";
import type { Platform } from "../ports/platform.ts";
import { createAccessServices } from "../services/access/access-services.ts";
import { type AuthenticationOptions, addAuthentication } from "./access/auth.ts";
import { addLocalAccess } from "./access/local-guard.ts";
import { VERSION_HEADER } from "./answer-headers.ts";
import type { Api, ApiContext, ApiEnv } from "./context.ts";
import { addDocumentRoutes } from "./document/served/document-routes.ts";
import { toAnswer } from "./problems.ts";
import { addOperations } from "./registry.ts";
import { limitBody } from "./requests/body.ts";
import type { Setting } from "./settings.ts";

export interface ApiServerOptions {
  /** Version of the product, for /version; "unknown" when absent. */
  readonly version?: string;
  /** Absolute path of the DAG folder, for `fileloc`. */
  readonly dagsFolder?: string;
  /** Asks everybody for a log-in; absent: only this machine may ask, and it may do everything. */
  readonly logIn?: Pick<
    AuthenticationOptions,
    "password" | "tokenSecret" | "machine" | "oidc" | "addressOf"
  >;
  /** Bytes of JSON that an answer may have; absent: any number. What can be paged is. */
  readonly maxAnswerBytes?: number;
  /**
   * Seconds for which a heartbeat counts, where components live apart; absent: they live in this
   * process.
   */
  readonly heartbeatSeconds?: number;
  /** Whether connections are tested, which calls what the caller names; false when absent. */
  readonly testsConnections?: boolean;
  /** Seconds for which an answer may go on, where it comes as a whole; absent: for ever. */
  readonly longestWaitSeconds?: number;
  /** Hears of a request to parse a file, to do so at once; absent: it waits for its turn. */
  readonly onParseRequested?: () => void;
  /** What `/config` shows; absent: it is not exposed. */
  readonly settings?: readonly Setting[];
  /** Name of this machine's user, who asks when there is no password. */
  readonly localUser?: string;
}

/**
 * Asks for a token where it is told to; otherwise answers only requests to this machine's names.
 */
export function createApiServer(
  platform: Platform,
  services: ApiContext["services"],
  options: ApiServerOptions = {},
): Api {
  const { version = "unknown", dagsFolder, logIn, localUser = null } = options;
  const { heartbeatSeconds, maxAnswerBytes, longestWaitSeconds } = options;
  const { testsConnections = false } = options;
  const { settings, onParseRequested } = options;
  const hasAdmin = logIn?.password !== undefined;
  const access = createAccessServices({ ...platform, hasAdmin });
  const context: ApiContext = {
    platform,
    services,
    access,
    version,
    testsConnections,
    ...(dagsFolder === undefined ? {} : { dagsFolder }),
    ...(maxAnswerBytes === undefined ? {} : { maxAnswerBytes }),
    ...(heartbeatSeconds === undefined ? {} : { heartbeatSeconds }),
    ...(longestWaitSeconds === undefined ? {} : { longestWaitSeconds }),
    ...(settings === undefined ? {} : { settings }),
    ...(onParseRequested === undefined ? {} : { onParseRequested }),
  };
  const app: Api = new Hono();
  app.use(async (c, next) => {
    // Before the answer is made: after it, the header would cost a copy of the answer.
    c.header(VERSION_HEADER, version);
    await next();
  });
  app.use(methodNotAllowed({ app, onMethodNotAllowed: refuseMethod }));
  app.use(limitBody);
  addDocumentRoutes(app, context);
  if (logIn) addAuthentication(app, { ...platform, ...logIn, access });
  else addLocalAccess(app, localUser);
  app.get("/", (c) => c.text(describe(version)));
  addOperations(app, context);
  app.notFound((c) => c.json({ detail: "Not Found" }, 404));
  app.onError((error, c) => {
    const answer = toAnswer(error);
    if (answer) return c.json(answer.body, answer.status, answer.headers);
    platform.report.error(`${c.req.method} ${c.req.path} failed: ${error.stack ?? error.message}`);
    return c.json({ detail: "Internal Server Error" }, 500);
  });
  return app;
}

/** For people who open the server's address. */
function describe(version: string): string {
  return [
    `This is the API server of Stepwind ${version}.`,
    "It answers Airflow's REST API v2 below /api/v2, such as /api/v2/dags and /api/v2/version.",
    "What it has is in /openapi.json; /docs shows it.",
    "On the command line, `npx stepwind --help` shows what there is to ask.",
    "",
  ].join("\n");
}

function refuseMethod(c: Context<ApiEnv>, allowed: readonly string[]): Response {
  return c.json({ detail: "Method Not Allowed" }, 405, { Allow: allowed.join(", ") });
}
