// The deployment: `cdk deploy`. Context (`--context key=value`) and the environment choose; README has the list.
import { App, RemovalPolicy, Stack } from "aws-cdk-lib";
import { Stepwind } from "./stepwind.ts";

const app = new App();
const read = (key: string): string | undefined => app.node.tryGetContext(key) ?? undefined;

const slackWebhook = process.env.STEPWIND_SLACK_WEBHOOK;
const stack = new Stack(app, read("stack") ?? "Stepwind", {
  description: "Stepwind: Airflow's DAGs on Step Functions",
});
new Stepwind(stack, "Default", {
  schedules: read("schedules") === "rules" ? "rules" : "scheduler",
  monitoring: read("monitoring") !== "none",
  removalPolicy: read("removal") === "destroy" ? RemovalPolicy.DESTROY : RemovalPolicy.RETAIN,
  ...(slackWebhook ? { notifications: { slackWebhook } } : {}),
});
