// The API server, behind the function's URL.
import { SSMClient } from "@aws-sdk/client-ssm";
import { getConnInfo, handle } from "hono/aws-lambda";
import { createApiServer } from "../src/api/api-server.ts";
import { BRIEF, CLIENT_OPTIONS } from "../src/aws/client-options.ts";
import { readEnvironment } from "../src/aws/environment.ts";
import { limitAnswer, MAX_BODY_BYTES } from "../src/aws/lambda/limit-answer.ts";
import { createAwsPlatform } from "../src/aws/platform.ts";
import { createKeptParameter } from "../src/aws/ssm-kept-parameter.ts";
import { readOidcSettings } from "../src/model/access/oidc-settings.ts";
import { ADOPTION_INTERVAL_SECONDS } from "../src/model/scheduling/orphans.ts";
import { createServices } from "../src/services/services.ts";
import { testsConnections } from "../src/services/stored/test-setting.ts";

/** The scheduler and the DAG processor are called that often; one call may be lost. */
const HEARTBEAT_SECONDS = 2 * ADOPTION_INTERVAL_SECONDS + 60;

/** Less than what the function lives, with room for the last look. */
const LONGEST_WAIT_SECONDS = 20;

const environment = readEnvironment(process.env);
const { secretsPrefix: prefix, version } = environment;
const platform = createAwsPlatform(environment, { storage: BRIEF });
// A change of a state that fails is an answer here, and the client may ask again.
const services = createServices(platform, { patienceMs: 0 });
const ssm = new SSMClient(CLIENT_OPTIONS);
const password = createKeptParameter(ssm, `${prefix}/api/password`);
const clientSecret = createKeptParameter(ssm, `${prefix}/api/oidc-client-secret`);
const oidc = readOidcSettings(process.env);
const app = createApiServer(platform, services, {
  logIn: {
    password,
    addressOf: (c) => getConnInfo(c).remote.address,
    ...(oidc ? { oidc: { ...oidc, clientSecret } } : {}),
  },
  version,
  heartbeatSeconds: HEARTBEAT_SECONDS,
  maxAnswerBytes: MAX_BODY_BYTES,
  testsConnections: testsConnections(process.env),
  longestWaitSeconds: LONGEST_WAIT_SECONDS,
});

const answer = handle(app);

export async function handler(...event: Parameters<typeof answer>) {
  return limitAnswer(await answer(...event));
}
