// The API server, behind the function's URL.
import { SSMClient } from "@aws-sdk/client-ssm";
import { handle } from "hono/aws-lambda";
import { createApiServer } from "../src/api/api-server.ts";
import { BRIEF, CLIENT_OPTIONS } from "../src/aws/client-options.ts";
import { readEnvironment } from "../src/aws/environment.ts";
import { createAwsPlatform } from "../src/aws/platform.ts";
import { createSsmPassword } from "../src/aws/ssm-password.ts";
import { createServices } from "../src/services/services.ts";

const environment = readEnvironment(process.env);
const { secretsPrefix: prefix, version } = environment;
const platform = createAwsPlatform(environment, { storage: BRIEF });
// A change of a state that fails is an answer here, and the client may ask again.
const services = createServices(platform, { patienceMs: 0 });
const password = createSsmPassword({ client: new SSMClient(CLIENT_OPTIONS), prefix });
const app = createApiServer(platform, services, { password, version });

export const handler = handle(app);
