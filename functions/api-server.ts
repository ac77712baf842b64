// The API server, behind the function's URL.
import { SSMClient } from "@aws-sdk/client-ssm";
import { handle } from "hono/aws-lambda";
import { createApiServer } from "../src/api/api-server.ts";
import { CLIENT_OPTIONS } from "../src/aws/client-options.ts";
import { readEnvironment } from "../src/aws/environment.ts";
import { createAwsPlatform } from "../src/aws/platform.ts";
import { createSsmPassword } from "../src/aws/ssm-password.ts";
import { createServices } from "../src/services/services.ts";

const { secretsPrefix: prefix, version } = readEnvironment(process.env);
const platform = createAwsPlatform(readEnvironment(process.env));
const password = createSsmPassword({ client: new SSMClient(CLIENT_OPTIONS), prefix });
const app = createApiServer(platform, createServices(platform), { password, version });

export const handler = handle(app);
