// Finds a deployment by its name, which is that of its stack unless the construct was given
// another. Its functions carry the names of all that they use in their environment, so they are the
// description; nothing else is read or kept.
import {
  type FunctionConfiguration,
  GetFunctionConfigurationCommand,
  LambdaClient,
  paginateListFunctions,
} from "@aws-sdk/client-lambda";
import { CLIENT_OPTIONS } from "../client-options.ts";
import { orUndefined } from "../errors.ts";

/** One function per service, named `<deployment>-<service>`. */
const SERVICES = [
  "api-server",
  "dag-loader",
  "dag-processor",
  "notifier",
  "recorder",
  "scheduler",
  "triggerer",
  "worker",
] as const;

export interface Deployment {
  readonly name: string;
  /** Those that are there. */
  readonly functions: readonly FunctionConfiguration[];
  /** Names of functions that are not there. */
  readonly missing: readonly string[];
  /** The variables STEPWIND_… of all functions together. */
  readonly environment: Readonly<Record<string, string>>;
}

/** There is no such deployment; `hint` says what to do. */
export class DeploymentNotFound extends Error {
  override readonly name = "DeploymentNotFound";
  readonly hint: string;

  constructor(message: string, hint: string) {
    super(message);
    this.hint = hint;
  }
}

/** Throws DeploymentNotFound when the account has none of that name in the region. */
export async function findDeployment(
  name: string,
  client: LambdaClient = new LambdaClient(CLIENT_OPTIONS),
): Promise<Deployment> {
  const names = SERVICES.map((service) => `${name}-${service}`);
  const found = await findFunctions(names, client);
  const functions = found.filter((each) => each !== undefined);
  const variables = functions.flatMap(({ Environment }) =>
    Object.entries(Environment?.Variables ?? {}),
  );
  const environment = Object.fromEntries(
    variables.filter(([variable]) => variable.startsWith("STEPWIND_")),
  );
  if (environment.STEPWIND_TABLE === undefined) throw await notFound(name, client);
  const taskNames = namesOfTasks(name, environment);
  const tasks = await findFunctions(taskNames, client);
  const missing = [...names, ...taskNames].filter(
    (_, index) => [...found, ...tasks][index] === undefined,
  );
  const all = [...functions, ...tasks.filter((each) => each !== undefined)];
  return { name, functions: all, missing, environment };
}

function findFunctions(
  names: readonly string[],
  client: LambdaClient,
): Promise<readonly (FunctionConfiguration | undefined)[]> {
  return Promise.all(
    names.map((FunctionName) =>
      orUndefined(
        client.send(new GetFunctionConfigurationCommand({ FunctionName })),
        "ResourceNotFoundException",
      ),
    ),
  );
}

/** What runs the code of DAGs without the product's rights, and what serves that. */
function namesOfTasks(
  name: string,
  { STEPWIND_TASK: task, STEPWIND_TASK_ROLES: roles }: Readonly<Record<string, string>>,
): readonly string[] {
  if (task === undefined) return [];
  const ofRoles = roles ? roles.split(",").map((role) => `${task}-${role}`) : [];
  return [`${name}-execution-api`, task, ...ofRoles];
}

/** Names of all deployments that have functions in the region. */
export async function listDeployments(client: LambdaClient): Promise<ReadonlySet<string>> {
  const names = new Set<string>();
  for await (const { Functions = [] } of paginateListFunctions({ client }, {})) {
    for (const { FunctionName = "", Environment } of Functions) {
      const isOurs = Environment?.Variables?.STEPWIND_TABLE !== undefined;
      const service = SERVICES.find((each) => FunctionName.endsWith(`-${each}`));
      if (isOurs && service) names.add(FunctionName.slice(0, -service.length - 1));
    }
  }
  return names;
}

async function notFound(name: string, client: LambdaClient): Promise<DeploymentNotFound> {
  const others = await listDeployments(client);
  const region = await client.config.region();
  return new DeploymentNotFound(
    `There is no deployment "${name}" of Stepwind in region ${region} of this account`,
    others.size === 0
      ? "Deploy one with: npm run deploy\nor look into another region with AWS_REGION=…"
      : `There is: ${[...others].sort().join(", ")}. Choose with --stack NAME`,
  );
}
