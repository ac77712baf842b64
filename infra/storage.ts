// What the deployment keeps: one table and two buckets. All of it is encrypted, can be brought back
// to an earlier state, and stays when the stack goes unless told otherwise. Its names are fixed, so
// that the next deployment of that name can take it up again.
import { Duration, RemovalPolicy, Stack } from "aws-cdk-lib";
import * as dynamodb from "aws-cdk-lib/aws-dynamodb";
import * as s3 from "aws-cdk-lib/aws-s3";
import type { Construct } from "constructs";
import { TABLE_DEFINITION, TIME_TO_LIVE } from "../src/aws/dynamodb/table/table.ts";
import type { Names } from "./names.ts";
import { except } from "./permissions.ts";

export interface Storage {
  readonly table: dynamodb.CfnTable;
  /** Where users upload DAG files. */
  readonly dagsBucket: s3.Bucket;
  /** Known before the bucket is made, so that what it calls may know it. */
  readonly dagsBucketArn: string;
  /** Bundles, logs and large XComs. */
  readonly dataBucket: s3.Bucket;
}

export interface StorageProps {
  readonly names: Names;
  readonly removalPolicy: RemovalPolicy;
  /** How long logs of tasks are kept. */
  readonly logRetention: Duration;
}

/** How long a version of an object that was replaced or deleted can be brought back. */
const KEPT_VERSIONS = Duration.days(30);

export function createStorage(scope: Construct, props: StorageProps): Storage {
  const { names, removalPolicy } = props;
  return {
    table: createTable(scope, names.table, removalPolicy),
    dagsBucket: createBucket(scope, "DagsBucket", {
      bucketName: names.dagsBucket,
      removalPolicy,
      lifecycleRules: [{ noncurrentVersionExpiration: KEPT_VERSIONS }],
    }),
    dagsBucketArn: `arn:${Stack.of(scope).partition}:s3:::${names.dagsBucket}`,
    dataBucket: createBucket(scope, "DataBucket", {
      bucketName: names.dataBucket,
      removalPolicy,
      lifecycleRules: [
        { prefix: "logs/", expiration: props.logRetention },
        // What passes between functions and is too large for a call.
        { prefix: "messages/", expiration: Duration.days(1) },
        {
          noncurrentVersionExpiration: KEPT_VERSIONS,
          abortIncompleteMultipartUploadAfter: Duration.days(1),
        },
      ],
    }),
  };
}

/**
 * As a plain resource: its definition is the one that the tests of the metadata make their tables
 * from.
 */
function createTable(
  scope: Construct,
  tableName: string,
  removalPolicy: RemovalPolicy,
): dynamodb.CfnTable {
  const { AttributeDefinitions, KeySchema, GlobalSecondaryIndexes, BillingMode } = TABLE_DEFINITION;
  const toKeys = (keys: readonly { readonly AttributeName: string; readonly KeyType: string }[]) =>
    keys.map(({ AttributeName, KeyType }) => ({ attributeName: AttributeName, keyType: KeyType }));
  const table = new dynamodb.CfnTable(scope, "Table", {
    tableName,
    attributeDefinitions: AttributeDefinitions.map(({ AttributeName, AttributeType }) => ({
      attributeName: AttributeName,
      attributeType: AttributeType,
    })),
    keySchema: toKeys(KeySchema),
    globalSecondaryIndexes: GlobalSecondaryIndexes.map((index) => ({
      indexName: index.IndexName,
      keySchema: toKeys(index.KeySchema),
      projection: { projectionType: index.Projection.ProjectionType },
    })),
    billingMode: BillingMode,
    timeToLiveSpecification: { attributeName: TIME_TO_LIVE, enabled: true },
    pointInTimeRecoverySpecification: { pointInTimeRecoveryEnabled: true },
    sseSpecification: { sseEnabled: true },
    deletionProtectionEnabled: removalPolicy === RemovalPolicy.RETAIN,
  });
  table.applyRemovalPolicy(removalPolicy);
  return table;
}

function createBucket(scope: Construct, id: string, props: s3.BucketProps): s3.Bucket {
  const bucket = new s3.Bucket(scope, id, {
    ...props,
    encryption: s3.BucketEncryption.S3_MANAGED,
    blockPublicAccess: s3.BlockPublicAccess.BLOCK_ALL,
    objectOwnership: s3.ObjectOwnership.BUCKET_OWNER_ENFORCED,
    versioned: true,
    enforceSSL: true,
    minimumTLSVersion: 1.2,
  });
  const reason =
    "Access logs would cost a third bucket; CloudTrail's data events tell the same where it is asked";
  except(bucket, "S1", reason);
  return bucket;
}
