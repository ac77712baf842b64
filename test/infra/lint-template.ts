// `npm run lint:template`: holds the template against the rules of cfn-lint and checkov, once with
// nothing chosen and once with everything. Both are installed from PyPI beside the other temporary
// files of the machine. Fails at a finding without a reason, and at a reason without a finding.
import { execFile } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { promisify } from "node:util";
import { App, Duration, Stack } from "aws-cdk-lib";
import * as ec2 from "aws-cdk-lib/aws-ec2";
import * as kms from "aws-cdk-lib/aws-kms";
import { Stepwind } from "../../infra/stepwind.ts";
import { installPrograms } from "../python-programs.ts";
import { buildFunctions } from "./built-functions.ts";
import { TEMPLATE_EXCEPTIONS, type TemplateException } from "./template-exceptions.ts";

const VERSIONS = { "cfn-lint": "1.58.0", checkov: "3.3.30" } as const;
const MAX_OUTPUT_BYTES = 64 * 1024 * 1024;

interface Finding {
  readonly rule: string;
  /** Logical id. */
  readonly resource: string;
  readonly stack: string;
  readonly message: string;
}

/** What a linter wrote, which exits with another code than 0 where it found something. */
async function outputOf(command: string, ...parameters: readonly string[]): Promise<string> {
  try {
    const options = { maxBuffer: MAX_OUTPUT_BYTES };
    return (await promisify(execFile)(command, [...parameters], options)).stdout;
  } catch (error) {
    const { stdout = "", stderr = "" } = error as { stdout?: string; stderr?: string };
    if (/^\s*[[{]/.test(stdout)) return stdout;
    throw new Error(`${basename(command)} failed: ${stderr || String(error)}`, { cause: error });
  }
}

/** Templates of the deployment, by the names of their stacks. */
function synthesizeAll(outdir: string): readonly string[] {
  const app = new App({ outdir });
  new Stepwind(new Stack(app, "Plain"), "Default");
  const everything = new Stack(app, "Everything");
  const vpc = ec2.Vpc.fromVpcAttributes(everything, "Vpc", {
    vpcId: "vpc-0123456789abcdef0",
    availabilityZones: ["us-east-1a"],
    privateSubnetIds: ["subnet-0123456789abcdef0"],
  });
  new Stepwind(everything, "Default", {
    schedules: "rules",
    worker: { vpc, timeout: Duration.minutes(5), reservedConcurrency: 20 },
    loader: { vpc },
    encryptionKey: new kms.Key(everything, "Key", { enableKeyRotation: true }),
    apiReservedConcurrency: 5,
    processorReservedConcurrency: 5,
    notifications: { emails: ["oncall@example.com"] },
  });
  app.synth();
  return ["Plain", "Everything"];
}

/** "Plain" for ".../Plain.template.json". */
const stackOf = (path: string) => basename(path).split(".")[0] ?? "";

async function cfnLint(bin: string, templates: readonly string[]): Promise<readonly Finding[]> {
  const parameters = [join(bin, "cfn-lint"), "--format", "json", ...templates];
  const found = JSON.parse((await outputOf(join(bin, "python"), ...parameters)) || "[]");
  return found.map(
    (each: {
      readonly Rule: { readonly Id: string };
      readonly Filename: string;
      readonly Location: { readonly Path: readonly unknown[] | null };
      readonly Message: string;
    }) => ({
      rule: each.Rule.Id,
      resource: String(each.Location.Path?.[1] ?? ""),
      stack: stackOf(each.Filename),
      message: each.Message,
    }),
  );
}

async function checkov(bin: string, templates: readonly string[]): Promise<readonly Finding[]> {
  const options = ["--framework", "cloudformation", "--skip-download", "--quiet"];
  const parameters = [join(bin, "checkov"), ...options, "--output", "json"];
  const files = templates.flatMap((template) => ["--file", template]);
  const { results } = JSON.parse(await outputOf(join(bin, "python"), ...parameters, ...files));
  return results.failed_checks.map(
    (each: {
      readonly check_id: string;
      readonly check_name: string;
      readonly file_path: string;
      readonly resource: string;
    }) => ({
      rule: each.check_id,
      resource: each.resource.split(".").at(-1) ?? "",
      stack: stackOf(each.file_path),
      message: each.check_name,
    }),
  );
}

/** Not of the key, which the construct is given. */
const isOurs = (finding: Finding) => !/^Key/.test(finding.resource);

const covers = ({ rule, resources }: TemplateException, finding: Finding) =>
  rule === finding.rule && (resources?.test(finding.resource) ?? true);

async function main(): Promise<number> {
  const outdir = await mkdtemp(join(tmpdir(), "stepwind-template-"));
  try {
    buildFunctions();
    const bin = await installPrograms(VERSIONS);
    const templates = synthesizeAll(outdir).map((stack) => join(outdir, `${stack}.template.json`));
    const found = await Promise.all([cfnLint(bin, templates), checkov(bin, templates)]);
    const findings = found.flat().filter(isOurs);
    const open = findings.filter((finding) =>
      TEMPLATE_EXCEPTIONS.every((exception) => !covers(exception, finding)),
    );
    const idle = TEMPLATE_EXCEPTIONS.filter((exception) =>
      findings.every((finding) => !covers(exception, finding)),
    );
    for (const { rule, resource, stack, message } of open) {
      console.error(`${rule} ${resource} (${stack}): ${message}`);
    }
    for (const { rule } of idle)
      console.error(`${rule}: the exception from it has no finding left`);
    console.log(`${findings.length} findings, ${open.length} of them without a reason`);
    return open.length + idle.length === 0 ? 0 : 1;
  } finally {
    await rm(outdir, { recursive: true, force: true });
  }
}

process.exitCode = await main();
