// `npm run destroy [-- options of cdk destroy]`: takes the DAGs off the deployment, then removes
// its stack. Asks once, before anything is done; --yes answers. With --local first on an emulator.
// Repeating is safe.
import { DeploymentNotFound, findDeployment } from "../src/aws/deployment/deployment.ts";
import { cdk, readTarget, stepwind } from "./cdk.ts";

const OWN = ["--yes", "--stop-runs"];

const given = process.argv.slice(2);
const target = readTarget(given, OWN);
const isDeployed = await findDeployment(target.stack).then(
  () => true,
  (error: unknown) => {
    if (error instanceof DeploymentNotFound) return false;
    throw error;
  },
);
if (isDeployed) stepwind(target, "undeploy", ...given.filter((each) => OWN.includes(each)));
// What is left of a stack without its functions was not asked for yet.
const isAnswered = isDeployed || given.includes("--yes");
cdk(target, "destroy", ...(isAnswered ? ["--force"] : []));
