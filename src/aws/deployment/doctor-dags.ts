// Checks of doctor: what a deployment does with its DAGs: imports, state machines, schedules, runs.

import { ListRulesCommand } from "@aws-sdk/client-eventbridge";
import { paginateListSchedules } from "@aws-sdk/client-scheduler";
import {
  DescribeStateMachineCommand,
  type DescribeStateMachineCommandOutput,
  type SFNClient,
} from "@aws-sdk/client-sfn";
import { timeScheduleOf } from "../../model/assets/schedules.ts";
import type { DagRecord } from "../../model/records.ts";
import { formatDuration } from "../../model/values/durations.ts";
import type { Metadata } from "../../ports/metadata.ts";
import { itemsOf } from "../../ports/pages.ts";
import { MACHINES_PER_SECOND, pendingMachineKey } from "../../services/upkeep/pending-machines.ts";
import { createDynamoDbMetadata } from "../dynamodb/metadata.ts";
import { machineNamesOf } from "../environment.ts";
import { orUndefined } from "../errors.ts";
import { everyMachineName, machineArnOf } from "../machine-arns.ts";
import { toOldPrefix, toSchedulePrefix } from "../resource-names.ts";
import type { Check, Finding, Patient } from "./doctor-check.ts";

/** Seconds that a run may wait for its start before that is reported. */
const LONG_QUEUED = 300;

function metadataOf({ clients, environment }: Patient): Metadata {
  return createDynamoDbMetadata({ client: clients.dynamodb, tableName: environment.table });
}

async function liveDags(metadata: Metadata): Promise<readonly DagRecord[]> {
  const dags: DagRecord[] = [];
  for await (const dag of itemsOf(metadata.dags.list)) if (!dag.isStale) dags.push(dag);
  return dags;
}

async function checkImports(patient: Patient): Promise<readonly Finding[]> {
  const files = await metadataOf(patient).files.list();
  if (files.length === 0) {
    const message = "no DAG file has been imported";
    return [{ level: "warning", message, hint: "upload the DAG folder: stepwind push" }];
  }
  const last = Math.max(...files.map(({ processedAt }) => Date.parse(processedAt)));
  const since = `the last import was ${formatDuration((patient.now - last) / 1_000)} ago`;
  const findings: Finding[] = [
    { level: "ok", message: `${countOf(files.length, "DAG file")}; ${since}` },
  ];
  for (const { file, diagnostics } of files) {
    const mistake = diagnostics.find(({ severity }) => severity === "error");
    if (!mistake) continue;
    const place = mistake.line === undefined ? file : `${mistake.file ?? file}:${mistake.line}`;
    const [told = ""] = mistake.message.split("\n");
    findings.push({
      level: "warning",
      message: `${place} ${told}`,
      hint: "correct it and push it",
    });
  }
  return findings;
}

async function checkStateMachines(patient: Patient): Promise<readonly Finding[]> {
  const { environment, clients } = patient;
  const metadata = metadataOf(patient);
  const dags = await liveDags(metadata);
  const pending = new Set<string>();
  for await (const { key } of itemsOf(metadata.pendingMachines.list)) pending.add(key);
  const findings: Finding[] = [];
  for (const { dagId, versionHash, file } of dags) {
    const version = { dagId, hash: versionHash };
    if (pending.has(pendingMachineKey(version))) continue;
    const arns = everyMachineName(machineNamesOf(environment)).map((machines) =>
      machineArnOf(machines, version),
    );
    const machine = await findMachine(clients.sfn, arns);
    if (!machine) {
      const message = `DAG "${dagId}" has no state machine ${arns[0]}`;
      findings.push({ level: "wrong", message, hint: `change ${file} and push it` });
    } else if (machine.roleArn !== environment.stateMachineRoleArn) {
      findings.push({
        level: "wrong",
        message: `the state machine of DAG "${dagId}" has the role ${machine.roleArn}`,
        hint: `its role should be ${environment.stateMachineRoleArn}: change ${file} and push it`,
      });
    }
  }
  if (pending.size > 0) {
    const time = formatDuration(Math.ceil(pending.size / MACHINES_PER_SECOND));
    const message = `${countOf(pending.size, "state machine")} will be made in the next ${time}`;
    findings.push({ level: "ok", message });
  }
  if (findings.length > 0) return findings;
  return [{ level: "ok", message: has(dags.length) }];
}

function has(dags: number): string {
  return dags === 1 ? "1 DAG has its state machine" : `${dags} DAGs have their state machines`;
}

async function checkSchedules(patient: Patient): Promise<readonly Finding[]> {
  const metadata = metadataOf(patient);
  const { schedules, rulePrefix } = patient.environment;
  const prefixes = schedules === "rules" ? everyRulePrefix(rulePrefix) : [""];
  const names = await listScheduleNames(patient);
  const findings: Finding[] = [];
  let count = 0;
  for (const { dagId, isPaused, versionHash } of await liveDags(metadata)) {
    const version = await metadata.versions.get(dagId, versionHash);
    const kind = version && timeScheduleOf(version.document.schedule).kind;
    if (isPaused || (kind !== "cron" && kind !== "multi-cron" && kind !== "cron-data-interval")) {
      continue;
    }
    count += 1;
    const mine = prefixes.map((prefix) => toSchedulePrefix(dagId, prefix));
    if (mine.some((prefix) => names.some((name) => name.startsWith(prefix)))) continue;
    const message = `DAG "${dagId}" has a schedule that nothing fires`;
    findings.push({ level: "wrong", message, hint: "pause and unpause it" });
  }
  if (findings.length > 0) return findings;
  return [
    {
      level: "ok",
      message: `${countOf(count, "DAG")} with cron schedules ${count === 1 ? "is" : "are"} fired`,
    },
  ];
}

/** The first of the machines that is there. */
async function findMachine(
  client: SFNClient,
  arns: readonly string[],
): Promise<DescribeStateMachineCommandOutput | undefined> {
  for (const stateMachineArn of arns) {
    const call = client.send(new DescribeStateMachineCommand({ stateMachineArn }));
    const found = await orUndefined(call, "StateMachineDoesNotExist");
    if (found) return found;
  }
  return undefined;
}

/** The current prefix, then that of Stepwind 0.1. */
function everyRulePrefix(prefix: string): readonly string[] {
  const old = toOldPrefix(prefix);
  return old === undefined ? [prefix] : [prefix, old];
}

/** Of all schedules of the deployment that are on. */
async function listScheduleNames({ clients, environment }: Patient): Promise<readonly string[]> {
  const names: string[] = [];
  if (environment.schedules === "rules") {
    for (const NamePrefix of everyRulePrefix(environment.rulePrefix)) {
      for (let token: string | undefined, more = true; more; more = token !== undefined) {
        const command = new ListRulesCommand({
          NamePrefix,
          ...(token ? { NextToken: token } : {}),
        });
        const { Rules = [], NextToken } = await clients.events.send(command);
        names.push(
          ...Rules.flatMap(({ Name, State }) => (Name && State === "ENABLED" ? [Name] : [])),
        );
        token = NextToken;
      }
    }
    return names;
  }
  const pages = paginateListSchedules(
    { client: clients.scheduler },
    { GroupName: environment.scheduleGroup, State: "ENABLED" },
  );
  for await (const { Schedules = [] } of pages) {
    names.push(...Schedules.flatMap(({ Name }) => (Name ? [Name] : [])));
  }
  return names;
}

/**
 * Queued runs are started by the scheduler; one that waits for long while its DAG has room shows
 * that the scheduler is late.
 */
async function checkLag(patient: Patient): Promise<readonly Finding[]> {
  const metadata = metadataOf(patient);
  const active = await metadata.runs.listActive();
  const running = new Set<string>();
  for (const { dagId, state } of active) if (state === "running") running.add(dagId);
  const findings: Finding[] = [];
  for (const { dagId, runId, state, runAfter, queuedAt } of active) {
    const due = Math.max(Date.parse(runAfter), Date.parse(queuedAt));
    const lag = (patient.now - due) / 1_000;
    if (state !== "queued" || lag < LONG_QUEUED || running.has(dagId)) continue;
    if ((await metadata.dags.get(dagId))?.isPaused) continue;
    findings.push({
      level: "wrong",
      message: `run "${runId}" of DAG "${dagId}" is due for ${formatDuration(lag)} and has not started`,
      hint: `read the scheduler's log: aws logs tail /aws/lambda/${patient.environment.schedulerArn.split(":").at(-1)}`,
    });
  }
  if (findings.length > 0) return findings;
  return [{ level: "ok", message: `${countOf(active.length, "active run")}, none late` }];
}

export const DAG_CHECKS: readonly Check[] = [
  { name: "imports", run: checkImports },
  { name: "state machines", run: checkStateMachines },
  { name: "schedules", run: checkSchedules },
  { name: "scheduler", run: checkLag },
];

/** "1 DAG", "2 DAGs". */
function countOf(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? "" : "s"}`;
}
