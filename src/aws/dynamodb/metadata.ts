// The metadata database on AWS: one DynamoDB table. This file says what is stored where and what it
// costs; the table itself is defined in table.ts, its calls are in table-calls.ts, and each part of
// the port has a file of its own.
//
// pk                         sk                          item
// dags                       <dag>                       DAG (record, revision, file)
// dag-states                 <dag>                       what is kept of its runs; runsPk, runsSk: when it changed
// dags-of-file#<path>        <dag>                       leads to the DAG; to one that has moved, too
// files                      <path>                      DAG file
// files-by#import#<path>     <path>                      leads to a DAG file that imports the path
// files-by#claim#<dag>       <path>                      … whose DAG another file has
// files-by#broken#           <path>                      … with errors
// built                      file-finders                all DAG files have theirs
// variables                  <key>                       variable, its value sealed
// connections                <connection>                connection, its password and extra sealed
// connection-tests           <connection>                its last test
// pools                      <pool>                      pool
// input-requests             <dag>,<run>,<task>,…        question to people that a try asks
// pending-machines           <dag>/<hash>                version whose state machine is to be made
// heartbeats                 <component>                 when it last did its work
// deletions                  <dag>                       DAG that is being deleted
// ended-run-changes          <dag>/<run>/<n>             change of an ended run that is being made
// condemned-bundles          <hash>                      bundle that may go
// cleanings                  retention                   how far the removal of old history has got
// parse-requests             <file>                      a DAG file to parse again
// dag-codes                  <dag>/<version>             the text of the version's DAG file
// favorites                  <user>                      the DAGs that the user has marked
// access                     <key>                       what the API's log-in keeps
// users, roles               <name>                      user, role of the deployment's own
// api-tokens                 <user>/<id>                 hash of a user's token
// dag-access                 <dag>                       what a DAG's file says of roles
// assets, asset-aliases      <id>                        asset, alias
// asset-claims               <name or URI>               the active asset that has it
// asset-references           <asset>/<use>/<dag>         that a DAG uses an asset
// dag-assets                 <dag>                       all of those of a DAG
// asset-states               <asset>/<key>               value that an asset keeps
// asset-runs                 <dag>                       the run that is being made for events
// asset-wakes                <dag>                       when its scheduler was woken
// asset-events#<asset>       <event>                     event; runsPk, runsSk: its place in the index
// asset-queue#<dag>          <partition>#<event>         event that the DAG has not consumed
// asset-consumers#<asset>    <event>#<dag>#<run>         run that has consumed it
// webhooks                   <dag>/<id>                  webhook, with the hash of its token
// event-logs#<dag>           <id>                        entry of the event log; runsPk, runsSk: its place in the index
// deployment                 signing-key                 secret of the Execution API: signing-key.ts
// versions#<dag>             version#<hash>              version, deflated: the first 350 KB
//                            chunk#<upload>#<n>          the rest, written before
// tasks#<dag>                <task>                      the task has a record in some run
// run#<dag>#<run>            run                         DAG run; runsPk, runsSk: its place in the index
//                            task#<task>#<index>         task instance, with a return value of up to 3 KB
//                            xcom#<task>#<index>#<key>   any other XCom
//                            state#<task>#<index>#<name> task state
//                            gate#<task>#<index>         token of a gate, expires after a year
//                            limit#<hash>                slots in use of a limit of the run or of one of its tasks
//                            waiter#<hash>#<order>#<hash> instance that waits for slots of it
//                            asset-event#<event>         event that the run has consumed
//                            outcome                     states of its tasks, once it has ended
// limits#<dag>               limit#…, waiter#…           the same of a task over all runs
// pool#<pool>                limit#…, waiter#…           the same of a pool
// runs#<dag>#<list>          <runAfter>#<run>            run of the list: active (queued, running), success, failed
// runs#<dag>#running         <runAfter>#<run>            running run, also in the list of active ones
// dates#<dag>                <logicalDate>               the run of the date; there is one at most
// dates#<dag>#<list>         <logicalDate>               of these: automated (scheduled, backfill), triggered (other
//                                                        runs that nobody triggered by hand)
// partitions#<dag>           <date>#<runAfter>#<run>     run for a partition with a date
// partitions#<dag>#automated <date>#<runAfter>#<run>     of these: scheduled and backfill
// Index "runs", keys only:
// <list>                     <runAfter>#<dag>#<run>      runs of all DAGs
// asset-events               <event>                     events of all assets
// event-logs                 <id>                        entries of the event log
// dag-changes                <moment>#<dag>              DAGs in the order of their last changes
//
// Parts of keys are escaped, so that any id may hold "#". Every item carries the name of the write
// that made it ("write"): a write whose answer was lost is recognized when it is repeated.
//
// Access                                Calls                                                    Units (items up to 1 KB)
// update of a task instance             UpdateItem, in no index, also with a small return value  1 W
//   with XComs of their own             GetItem, TransactWriteItems                              1 R, 2 W + 2 W per KB
//   that claims slots, state changes    GetItem, TransactWriteItems                              1 R, 2 W + 2 W per limit
// get of a task instance, small XCom    GetItem                                                  1 R
//   any other XCom                      GetItem                                                  1 R (return value: 2)
// task instances of some tasks          Query of the range; in large DAGs Query per task         1 R per 4 KB; 1 R per task
// task instances of a run               Query                                                    1 R per 4 KB
// gate put, looked for, taken           PutItem, Query, TransactWriteItems of one                1 W, 1 R, 2 W
// run created                           TransactWriteItems of 2 to 4                             5 to 9 W
//   for a partition                     TransactWriteItems of 2 to 4                             5 to 9 W
//   started                             GetItem, TransactWriteItems of 2                         1 R, 4 W
//   ended                               GetItem, TransactWriteItems of 4                         1 R, 10 W
//   each of these noted                 GetItem, PutItem of some 500 bytes                       1 R, 3 W
// active runs of a DAG                  Query, BatchGetItem                                      1 R + 1 R per run
// running runs of a DAG                 Query, BatchGetItem                                      1 R + 1 R per run
// latest automated, partition, previous run  Query of 1 (or 2), GetItem                               2 to 3 R
// a page of runs                        Query per list, BatchGetItem                             1 R per list and per run
// runs by any filter and order          Query per list, BatchGetItem per 100 runs; 10 at most    1 R per list and per run looked at
// runs counted                          Query of keys per list, eventually consistent            0.5 R per 4 KB of some 30 runs
// runs by logical or partition date     Query, BatchGetItem                                      1 R + 1 R per run
// DAG written                           PutItem; one more when its file is another; UpdateItem   4 W; 5 W
// all DAGs with what is kept of runs    Query of 2 partitions                                    1 R and 0.5 R per 4 KB
// DAGs that have changed                Query of keys, eventually consistent                     0.5 R
// outcomes of a page of runs            BatchGetItem                                             1 R per 4 KB deflated, each
// DAGs of a file                        Query, BatchGetItem                                    1 R + 1 R per DAG
// importers of a file                   Query per path and folder of it                        1 R each
// DAG file written                      GetItem, PutItem; its finders when they change         1 R, 1 W + 1 W per import
// version read                          GetItem; Query for chunks                                1 R per 4 KB deflated
// event of an asset recorded            PutItem; TransactWriteItems where DAGs wait for it       2 W; 3 W + 2 W per DAG
//   consumed by a run                   TransactWriteItems of 32 events                          6 W, and 2 R per 32
// event log: entry added, amended       PutItem                                                  2 W each
//   a page; of all DAGs                 Query; Query, BatchGetItem                               1 R per 4 KB; 1 R per entry
// task known (once a minute and process) Query, eventually consistent                            0.5 R per 8 KB
//
// So a task that succeeds costs 2 W, and 4 R with up to three upstreams near each other.
//
// Why so. Every read is strongly consistent but two: the index, which answers only listings over
// all DAGs, for people and sweeps; and the look at known tasks, which costs a needless write when
// it is late. Gates need it (put the token, then look at states; write the state, then look for
// tokens), and so does the scheduler, which must see a run that was created a moment ago: an index
// of active runs would show it late, and the run might never start. Therefore the lists of a DAG's
// runs are items of the table, moved in the transaction that changes the run. Queued and running
// runs share a list; running ones have another one besides, so that a thousand queued ones needn't be
// read for them. No query passes over history: each list has its own
// partition and order.
import type { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { type AssetStateRecord, assetStateKey } from "../../model/assets/asset-states.ts";
import type {
  AssetAliasRecord,
  AssetClaimRecord,
  AssetRecord,
  AssetReferenceRecord,
  AssetRunRecord,
  AssetWakeRecord,
  DagAssetsRecord,
} from "../../model/assets/records.ts";
import type {
  ActiveBackfillRecord,
  BackfillIdRecord,
  BackfillRecord,
  BackfillSkipsRecord,
} from "../../model/backfill/records.ts";
import type { OpenDeadlineRecord } from "../../model/deadlines/records.ts";
import {
  assetIdText,
  backfillIdText,
  backfillKey,
  backfillSkipsKey,
  deadlineKey,
} from "../../model/ids.ts";
import type * as records from "../../model/records.ts";
import type {
  InputRequestRecord,
  OpenInputRequestRecord,
} from "../../model/waits/input-requests.ts";
import type { DagStore, Metadata } from "../../ports/metadata.ts";
import type { Clock } from "../../ports/platform.ts";
import { systemClock } from "../../services/system-clock.ts";
import { createAccess } from "./access.ts";
import { createAssetEvents } from "./assets/asset-events.ts";
import { createCollection } from "./collection.ts";
import { createDagFiles } from "./dag-files.ts";
import { createDags } from "./dags.ts";
import { deleteDag, forgetDag } from "./delete-dag.ts";
import { createEventLogs } from "./event-logs.ts";
import { createGates } from "./gates.ts";
import { PARTITIONS } from "./keys.ts";
import { createKnownTasks, type KnownTasks } from "./known-tasks.ts";
import { createLimits } from "./limits.ts";
import { createDagNotes, createUpkeepNotes } from "./notes.ts";
import { createRetries } from "./retries.ts";
import { createRuns } from "./runs/runs.ts";
import { createDagStates, createDagStateWriter, type DagStateWriter } from "./states/dag-states.ts";
import { createRunOutcomes } from "./states/run-outcomes.ts";
import type { CapacityHook } from "./table/table-access.ts";
import { createDynamoDbTable, type DynamoDbTable } from "./table/table-calls.ts";
import { createTaskInstances } from "./task-instances.ts";
import { createTaskStates } from "./task-states.ts";
import { createVersions } from "./versions.ts";
import { createXComs } from "./xcoms.ts";

export interface DynamoDbMetadataOptions {
  readonly client: DynamoDBClient;
  /** A table made by TABLE_DEFINITION, with its time to live on TIME_TO_LIVE. */
  readonly tableName: string;
  /** The system's when absent. */
  readonly clock?: Clock;
  /** How long a call that fails for a passing reason is repeated, ms; 30 seconds when absent. */
  readonly patienceMs?: number;
  /** Told what each call consumed; absent: DynamoDB isn't asked. */
  readonly onCapacity?: CapacityHook;
}

/**
 * Calls that are throttled or fail for a passing reason are repeated while patience lasts; then
 * they reject.
 */
export function createDynamoDbMetadata(options: DynamoDbMetadataOptions): Metadata {
  const { client, tableName, clock = systemClock, patienceMs, onCapacity } = options;
  const retries = createRetries({ clock, patienceMs });
  const table = createDynamoDbTable({ client, tableName, retries, onCapacity });
  const knownTasks = createKnownTasks(table, clock);
  const states = createDagStateWriter(table, clock);
  return {
    dags: createDagPart(table, { states, knownTasks }),
    dagStates: createDagStates(table, clock),
    versions: createVersions(table),
    files: createDagFiles(table),
    runs: createRuns(table, states),
    runOutcomes: createRunOutcomes(table),
    taskInstances: createTaskInstances(table, knownTasks),
    limits: createLimits(table),
    gates: createGates(table, clock),
    xcoms: createXComs(table),
    taskStates: createTaskStates(table),
    variables: createCollection<records.VariableRecord>(table, {
      partition: PARTITIONS.variables,
      keyOf: ({ key }) => key,
    }),
    connections: createCollection<records.ConnectionRecord>(table, {
      partition: PARTITIONS.connections,
      keyOf: ({ connId }) => connId,
    }),
    connectionTests: createCollection<records.ConnectionTestRecord>(table, {
      partition: PARTITIONS.connectionTests,
      keyOf: ({ connId }) => connId,
    }),
    pools: createCollection<records.PoolRecord>(table, {
      partition: PARTITIONS.pools,
      keyOf: ({ pool }) => pool,
    }),
    inputRequests: createCollection<InputRequestRecord>(table, {
      partition: PARTITIONS.inputRequests,
      keyOf: ({ key }) => key,
    }),
    openInputRequests: createCollection<OpenInputRequestRecord>(table, {
      partition: PARTITIONS.openInputRequests,
      keyOf: ({ key }) => key,
    }),
    ...createUpkeepNotes(table),
    backfills: createCollection<BackfillRecord>(table, {
      partition: PARTITIONS.backfills,
      keyOf: backfillKey,
    }),
    backfillIds: createCollection<BackfillIdRecord>(table, {
      partition: PARTITIONS.backfillIds,
      keyOf: ({ id }) => backfillIdText(id),
    }),
    activeBackfills: createCollection<ActiveBackfillRecord>(table, {
      partition: PARTITIONS.activeBackfills,
      keyOf: ({ id }) => backfillIdText(id),
    }),
    backfillSkips: createCollection<BackfillSkipsRecord>(table, {
      partition: PARTITIONS.backfillSkips,
      keyOf: ({ backfillId, first }) => backfillSkipsKey(backfillId, first),
    }),
    openDeadlines: createCollection<OpenDeadlineRecord>(table, {
      partition: PARTITIONS.openDeadlines,
      keyOf: deadlineKey,
    }),
    ...createDagNotes(table),
    access: createCollection<records.AccessRecord>(table, {
      partition: PARTITIONS.access,
      keyOf: ({ key }) => key,
    }),
    ...createAccess(table),
    ...createAssets(table),
  };
}

function createAssets(table: DynamoDbTable) {
  return {
    assets: createCollection<AssetRecord>(table, {
      partition: PARTITIONS.assets,
      keyOf: ({ id }) => assetIdText(id),
    }),
    assetAliases: createCollection<AssetAliasRecord>(table, {
      partition: PARTITIONS.assetAliases,
      keyOf: ({ id }) => assetIdText(id),
    }),
    assetClaims: createCollection<AssetClaimRecord>(table, {
      partition: PARTITIONS.assetClaims,
      keyOf: ({ key }) => key,
    }),
    assetReferences: createCollection<AssetReferenceRecord>(table, {
      partition: PARTITIONS.assetReferences,
      keyOf: ({ key }) => key,
    }),
    dagAssets: createCollection<DagAssetsRecord>(table, {
      partition: PARTITIONS.dagAssets,
      keyOf: ({ dagId }) => dagId,
    }),
    assetStates: createCollection<AssetStateRecord>(table, {
      partition: PARTITIONS.assetStates,
      keyOf: ({ assetId, name }) => assetStateKey(assetId, name),
    }),
    assetRuns: createCollection<AssetRunRecord>(table, {
      partition: PARTITIONS.assetRuns,
      keyOf: ({ dagId }) => dagId,
    }),
    assetWakes: createCollection<AssetWakeRecord>(table, {
      partition: PARTITIONS.assetWakes,
      keyOf: ({ dagId }) => dagId,
    }),
    assetEvents: createAssetEvents(table),
    eventLogs: createEventLogs(table),
  };
}

function createDagPart(
  table: DynamoDbTable,
  { states, knownTasks }: { readonly states: DagStateWriter; readonly knownTasks: KnownTasks },
): DagStore {
  return {
    ...createDags(table, states),
    async forget(dagId) {
      await forgetDag(table, dagId);
      await states.touch(dagId);
    },
    async delete(dagId) {
      await deleteDag(table, dagId);
      await states.forget(dagId);
      knownTasks.forget(dagId);
    },
  };
}
