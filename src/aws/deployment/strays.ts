// What a deployment has left that is no longer there: after its name was changed, or its stack was
// deleted. No stack knows of it, so it is found by names and tags, and told by its deployment.
import {
  DescribeTableCommand,
  type DynamoDBClient,
  ListTagsOfResourceCommand,
  paginateListTables,
} from "@aws-sdk/client-dynamodb";
import type { LambdaClient } from "@aws-sdk/client-lambda";
import { GetBucketTaggingCommand, ListBucketsCommand, type S3Client } from "@aws-sdk/client-s3";
import {
  DeleteStateMachineCommand,
  ListTagsForResourceCommand,
  paginateListStateMachines,
  type SFNClient,
} from "@aws-sdk/client-sfn";
import { DEPLOYMENT_TAG } from "../../model/ids.ts";
import { RUN_INDEX } from "../dynamodb/table/table.ts";
import { orUndefined } from "../errors.ts";
import { listDeployments } from "./deployment.ts";

/** What is left of one deployment. */
export interface Stray {
  readonly deployment: string;
  readonly table?: string;
  readonly buckets: readonly string[];
  /** ARNs. */
  readonly stateMachines: readonly string[];
}

export interface StrayClients {
  readonly dynamodb: DynamoDBClient;
  readonly lambda: LambdaClient;
  readonly s3: S3Client;
  readonly sfn: SFNClient;
}

interface Found {
  readonly deployment: string;
  readonly kind: "table" | "bucket" | "machine";
  readonly name: string;
}

/** By deployment; only of deployments that have no functions in the region. */
export async function findStrays(clients: StrayClients): Promise<readonly Stray[]> {
  const live = await listDeployments(clients.lambda);
  // A bucket's name is in small letters.
  const isLive = (name: string) =>
    [...live].some((each) => each === name || each.toLowerCase() === name);
  const found = await Promise.all([
    findTables(clients.dynamodb, isLive),
    findMachines(clients.sfn, isLive),
    findBuckets(clients.s3, isLive),
  ]);
  const byName = new Map<string, Found[]>();
  for (const each of found.flat()) {
    const name = each.deployment.toLowerCase();
    byName.set(name, [...(byName.get(name) ?? []), each]);
  }
  return [...byName.values()].map(toStray);
}

function toStray(found: readonly Found[]): Stray {
  const namesOf = (kind: Found["kind"]) =>
    found.filter((each) => each.kind === kind).map(({ name }) => name);
  const [table] = namesOf("table");
  // Only names of buckets have lost their capital letters.
  const named = found.find(({ kind }) => kind !== "bucket") ?? found[0];
  return {
    deployment: named?.deployment ?? "",
    ...(table === undefined ? {} : { table }),
    buckets: namesOf("bucket"),
    stateMachines: namesOf("machine"),
  };
}

type IsLive = (deployment: string) => boolean;
type Tags = readonly { readonly Key?: string | undefined; readonly Value?: string | undefined }[];

function deploymentOf(tags: Tags = []): string | undefined {
  return tags.find(({ Key }) => Key === DEPLOYMENT_TAG)?.Value;
}

async function findTables(client: DynamoDBClient, isLive: IsLive): Promise<readonly Found[]> {
  const found: Found[] = [];
  for await (const { TableNames = [] } of paginateListTables({ client }, {})) {
    for (const name of TableNames) {
      const base = /^(.+)-metadata$/.exec(name)?.[1];
      if (base === undefined || isLive(base)) continue;
      const { Table } = await client.send(new DescribeTableCommand({ TableName: name }));
      const { Tags } = await client.send(
        new ListTagsOfResourceCommand({ ResourceArn: Table?.TableArn }),
      );
      // Deployments of earlier releases have no tags, but a table like no other.
      const isOurs = Table?.GlobalSecondaryIndexes?.some(
        ({ IndexName, KeySchema = [] }) =>
          IndexName === RUN_INDEX && KeySchema[0]?.AttributeName === `${RUN_INDEX}Pk`,
      );
      const deployment = deploymentOf(Tags) ?? (isOurs ? base : undefined);
      if (deployment !== undefined) found.push({ deployment, kind: "table", name });
    }
  }
  return found;
}

/** One machine of each prefix tells of all: thousands of requests would be throttled. */
async function findMachines(client: SFNClient, isLive: IsLive): Promise<readonly Found[]> {
  const byPrefix = new Map<string, string[]>();
  for await (const { stateMachines = [] } of paginateListStateMachines({ client }, {})) {
    for (const { name = "", stateMachineArn = "" } of stateMachines) {
      const prefix = /^([^_]+)_/.exec(name)?.[1];
      if (prefix === undefined || isLive(prefix)) continue;
      byPrefix.set(prefix, [...(byPrefix.get(prefix) ?? []), stateMachineArn]);
    }
  }
  const found: Found[] = [];
  for (const [prefix, arns] of byPrefix) {
    const request = new ListTagsForResourceCommand({ resourceArn: arns[0] });
    const { tags = [] } = await client.send(request);
    if (!tags.some(({ key }) => key === "stepwind:dag")) continue;
    for (const name of arns) found.push({ deployment: prefix, kind: "machine", name });
  }
  return found;
}

async function findBuckets(client: S3Client, isLive: IsLive): Promise<readonly Found[]> {
  const region = await client.config.region();
  const { Buckets = [] } = await client.send(new ListBucketsCommand({}));
  const found: Found[] = [];
  for (const { Name: name = "" } of Buckets) {
    const [, base, , of] = /^(.+)-(dags|data)-\d{12}-([a-z0-9-]+)$/.exec(name) ?? [];
    if (base === undefined || of !== region || isLive(base)) continue;
    const tagging = client.send(new GetBucketTaggingCommand({ Bucket: name }));
    const tags = (await orUndefined(tagging, "NoSuchTagSet"))?.TagSet;
    found.push({ deployment: deploymentOf(tags) ?? base, kind: "bucket", name });
  }
  return found;
}

/** Removes what can be made again; table and buckets hold history and stay. */
export async function removeMachines(client: SFNClient, stray: Stray): Promise<void> {
  for (const stateMachineArn of stray.stateMachines) {
    await client.send(new DeleteStateMachineCommand({ stateMachineArn }));
  }
}

/** In a line, for people. */
export function describeStray({ table, buckets, stateMachines }: Stray): string {
  const parts = [
    ...(table === undefined ? [] : [`table ${table}`]),
    ...buckets.map((bucket) => `bucket ${bucket}`),
    ...(stateMachines.length > 0
      ? [`${stateMachines.length} state ${stateMachines.length === 1 ? "machine" : "machines"}`]
      : []),
  ];
  return parts.join(", ");
}
