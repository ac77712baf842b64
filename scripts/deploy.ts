// `npm run deploy [-- options of cdk deploy]`: deploys the CDK app, then pushes dags/. With --local
// first (npm run localstack:deploy) to an emulator; --no-push leaves dags/ out.
import { bootstrap, cdk, readTarget, stepwind } from "./cdk.ts";

const given = process.argv.slice(2);
const target = readTarget(given, ["--no-push"]);
if (target.isLocal) bootstrap(target);
// What an earlier deployment of that name has left, table and buckets, becomes the stack's again.
const options = ["--import-existing-resources"];
if (target.isLocal) options.push("--require-approval", "never");
cdk(target, "deploy", ...options);
if (!given.includes("--no-push")) stepwind(target, "push", "dags");
