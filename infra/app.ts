// The deployment: `cdk deploy`. Context (`--context key=value`) and the environment choose; README
// has the list.
import { App, RemovalPolicy, Stack } from "aws-cdk-lib";
import type { OidcProps } from "./oidc.ts";
import { Stepwind } from "./stepwind.ts";

const app = new App();
const read = (key: string): string | undefined => app.node.tryGetContext(key) ?? undefined;

/** JSON of the construct's `oidc`; the CDK gives text, or what cdk.json has. */
function readOidc(): OidcProps | undefined {
  const given: unknown = app.node.tryGetContext("oidc") ?? undefined;
  return typeof given === "string" ? JSON.parse(given) : (given as OidcProps | undefined);
}
const oidc = readOidc();
const { STEPWIND_SLACK_WEBHOOK: slackWebhook } = process.env;
// Set by the CDK. Only with them are the buckets' names written out in the template, which is what
// CloudFormation wants to take up those that an earlier deployment has left.
const { CDK_DEFAULT_ACCOUNT: account, CDK_DEFAULT_REGION: region } = process.env;
const stack = new Stack(app, read("stack") ?? "Stepwind", {
  description: "Stepwind: Airflow's DAGs on Step Functions",
  ...(account && region ? { env: { account, region } } : {}),
});
new Stepwind(stack, "Default", {
  isolation: read("isolation") === "shared" ? "shared" : "task-function",
  schedules: read("schedules") === "rules" ? "rules" : "scheduler",
  monitoring: read("monitoring") !== "none",
  removalPolicy: read("removal") === "destroy" ? RemovalPolicy.DESTROY : RemovalPolicy.RETAIN,
  ...(oidc ? { oidc } : {}),
  ...(slackWebhook ? { notifications: { slackWebhook } } : {}),
});
