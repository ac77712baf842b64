// Answers about DAGs, pools, backfills, assets and the deployment against Airflow's document.
import { expect, test } from "vitest";
import { complaints } from "../airflow-document.ts";
import { createApiProduct } from "../api-product.ts";

const ETL_FILE = Buffer.from("etl.ts").toString("base64url");

/** Method, path of the document, path that is asked for, status, body. */
const CASES: readonly (readonly [string, string, string, number, unknown?])[] = [
  ["patch", "/dags", "/dags?dag_id_pattern=~", 200, { is_paused: true }],
  ["patch", "/dags", "/dags?dag_id_pattern=~", 422, { is_paused: 1 }],
  ["patch", "/dags", "/dags?update_mask=owners", 400, { is_paused: true }],
  ["post", "/dags/{dag_id}/favorite", "/dags/nothing/favorite", 404],
  ["post", "/dags/{dag_id}/unfavorite", "/dags/nothing/unfavorite", 404],
  ["post", "/dags/{dag_id}/unfavorite", "/dags/etl/unfavorite", 409],
  ["get", "/dagSources/{dag_id}", "/dagSources/etl", 200],
  ["get", "/dagSources/{dag_id}", "/dagSources/etl?version_number=7", 404],
  ["get", "/dags/{dag_id}/dagVersions", "/dags/etl/dagVersions", 200],
  ["get", "/dags/{dag_id}/dagVersions", "/dags/~/dagVersions", 200],
  ["get", "/dags/{dag_id}/dagVersions", "/dags/nothing/dagVersions", 404],
  ["get", "/dags/{dag_id}/dagVersions/{version_number}", "/dags/etl/dagVersions/1", 200],
  ["get", "/dags/{dag_id}/dagVersions/{version_number}", "/dags/etl/dagVersions/2", 404],
  ["get", "/dags/{dag_id}/dagVersions/{version_number}", "/dags/etl/dagVersions/x", 422],
  ["get", "/dagStats", "/dagStats", 200],
  ["get", "/dagTags", "/dagTags", 200],
  ["get", "/dagTags", "/dagTags?limit=-1", 422],
  ["get", "/dagWarnings", "/dagWarnings", 200],
  ["get", "/dagWarnings", "/dagWarnings?warning_type=other", 422],
  ["get", "/jobs", "/jobs", 200],
  ["get", "/jobs", "/jobs?order_by=other", 400],
  ["get", "/plugins", "/plugins", 200],
  ["get", "/plugins", "/plugins?limit=x", 422],
  ["get", "/plugins/importErrors", "/plugins/importErrors", 200],
  ["get", "/providers", "/providers", 200],
  ["get", "/config", "/config", 200],
  ["get", "/config", "/config?section=core", 200],
  ["get", "/config", "/config?section=other", 404],
  [
    "get",
    "/config/section/{section}/option/{option}",
    "/config/section/core/option/parallelism",
    200,
  ],
  ["get", "/config/section/{section}/option/{option}", "/config/section/core/option/x", 404],
  ["put", "/parseDagFile/{file_token}", `/parseDagFile/${ETL_FILE}`, 201],
  ["put", "/parseDagFile/{file_token}", "/parseDagFile/none", 404],
  ["get", "/backfills", "/backfills?dag_id=etl", 200],
  ["get", "/backfills", "/backfills", 422],
  ["get", "/backfills/{backfill_id}", "/backfills/7", 404],
  ["put", "/backfills/{backfill_id}/pause", "/backfills/7/pause", 404],
  ["put", "/backfills/{backfill_id}/unpause", "/backfills/7/unpause", 404],
  ["put", "/backfills/{backfill_id}/cancel", "/backfills/7/cancel", 404],
  ["post", "/backfills", "/backfills", 404, backfill("nothing")],
  ["post", "/backfills", "/backfills", 200, backfill("etl")],
  ["post", "/backfills/dry_run", "/backfills/dry_run", 200, backfill("etl")],
  ["post", "/backfills/dry_run", "/backfills/dry_run", 404, backfill("nothing")],
  ["get", "/assets", "/assets", 200],
  ["get", "/assets/{asset_id}", "/assets/7", 404],
  ["get", "/assets/aliases", "/assets/aliases", 200],
  ["get", "/assets/events", "/assets/events", 200],
  ["post", "/assets/events", "/assets/events", 404, { asset_id: 7, extra: {} }],
  ["post", "/assets/events", "/assets/events", 422, { asset_id: "x" }],
  ["get", "/dags/{dag_id}/assets/queuedEvents", "/dags/etl/assets/queuedEvents", 200],
  ["delete", "/dags/{dag_id}/assets/queuedEvents", "/dags/etl/assets/queuedEvents", 404],
];

const cases = CASES.map(([method, path, asked, status, body]) => ({
  method,
  path,
  asked,
  status,
  body,
}));

test.each(cases)("$method $asked: $status", async ({ method, path, asked, status, body }) => {
  const { ask } = await createApiProduct();
  const answer = await ask(asked, { method: method.toUpperCase(), body });
  expect(answer.status, JSON.stringify(answer.body)).toBe(status);
  expect(complaints(path, method, status, answer.body)).toEqual([]);
});

function backfill(dagId: string) {
  return {
    dag_id: dagId,
    from_date: "2026-01-10T00:00:00Z",
    to_date: "2026-01-12T00:00:00Z",
  };
}
