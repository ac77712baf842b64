// Assets as an author writes them: names of data that tasks produce, and that the schedules of
// other DAGs wait for (Airflow: airflow.sdk.Asset and its kin). What is wrong with one is found
// when the DAG is described.
import { normalizeAssetUri } from "../../model/assets/asset-names.ts";
import type { AssetCondition, AssetItem } from "../../model/assets/documents.ts";
import type { JsonObject } from "../../model/values/json.ts";

const ASSET = Symbol.for("stepwind.asset");

/** Something that a schedule can wait for: an asset, an alias, or an expression of them. */
export abstract class AssetExpression {
  /** The document's form; what was given may be of any kind. */
  abstract readonly [ASSET]: AssetCondition;

  /**
   * Either of the two (Airflow: `a | b`).
   *
   * ```ts
   * new Dag("report", { schedule: orders.or(refunds) });
   * ```
   */
  or(other: AssetExpression): AssetAny {
    return new AssetAny(...partsOf(this, AssetAny), other);
  }

  /**
   * Both of the two (Airflow: `a & b`).
   *
   * ```ts
   * new Dag("report", { schedule: orders.and(customers.or(leads)) });
   * ```
   */
  and(other: AssetExpression): AssetAll {
    return new AssetAll(...partsOf(this, AssetAll), other);
  }
}

/** `a.or(b).or(c)` is one expression of three. */
function partsOf(
  expression: AssetExpression,
  kind: typeof AssetAny | typeof AssetAll,
): readonly AssetExpression[] {
  return expression instanceof kind ? expression.parts : [expression];
}

export interface AssetOptions {
  /** The URI when absent. At most 1,500 characters. */
  readonly name?: string;
  /** The name when absent. ASCII; the scheme "airflow" is reserved. */
  readonly uri?: string;
  /** "asset" by default. */
  readonly group?: string;
  /** JSON that is shown with the asset; it is not that of an event. */
  readonly extra?: JsonObject;
}

/**
 * A named piece of data (Airflow: Asset). Two with the same name and URI are the same, wherever
 * they are written.
 *
 * ```ts
 * const orders = new Asset({ name: "orders", uri: "s3://warehouse/orders" });
 * const load = dag.task("load", async () => {}, { outlets: [orders] });
 * ```
 */
export class Asset extends AssetExpression {
  readonly name: string;
  readonly uri: string;
  readonly group: string;
  readonly extra: JsonObject;

  /** A text is both name and URI. */
  constructor(options: string | AssetOptions) {
    super();
    const { name, uri, group = "asset", extra = {} } = toOptions(options);
    const place = uri ?? name ?? "";
    this.name = name ?? place;
    this.uri = typeof place === "string" ? normalizeAssetUri(place) : place;
    this.group = group;
    this.extra = extra;
  }

  /**
   * The asset that has this name, or this URI, at run time, which need not be known to the author
   * of the file (Airflow: Asset.ref).
   *
   * ```ts
   * new Dag("report", { schedule: Asset.ref({ name: "orders" }) });
   * ```
   */
  static ref(target: { readonly name: string } | { readonly uri: string }): AssetRef {
    return new AssetRef(target);
  }

  get [ASSET](): AssetItem {
    const { name, uri, group, extra } = this;
    return { kind: "asset", name, uri, group, extra };
  }
}

/** What `Asset.ref` makes. */
export class AssetRef extends AssetExpression {
  readonly target: { readonly name: string } | { readonly uri: string };

  constructor(target: { readonly name: string } | { readonly uri: string }) {
    super();
    this.target = target;
  }

  get [ASSET](): AssetItem {
    const { target } = this;
    return "name" in target
      ? { kind: "name-ref", name: target.name }
      : { kind: "uri-ref", uri: normalizeAssetUri(target.uri) };
  }
}

/**
 * A name for assets that are only known when a task runs: it adds them by `outletEvents` (Airflow:
 * AssetAlias).
 *
 * ```ts
 * const exports = new AssetAlias("exports");
 * dag.task("export", async () => {
 *   getContext().outletEvents.get(exports).add(new Asset("s3://exports/2026-01-01"));
 * }, { outlets: [exports] });
 * ```
 */
export class AssetAlias extends AssetExpression {
  readonly name: string;
  readonly group: string;

  constructor(options: string | { readonly name: string; readonly group?: string }) {
    super();
    const { name, group = "asset" } = toOptions(options);
    this.name = name ?? "";
    this.group = group;
  }

  get [ASSET](): AssetItem {
    return { kind: "alias", name: this.name, group: this.group };
  }
}

/**
 * Any of several (Airflow: AssetAny).
 *
 * ```ts
 * new Dag("report", { schedule: new AssetAny(orders, refunds) });
 * ```
 */
export class AssetAny extends AssetExpression {
  readonly parts: readonly AssetExpression[];

  constructor(...parts: readonly AssetExpression[]) {
    super();
    this.parts = parts;
  }

  get [ASSET](): AssetCondition {
    return { kind: "any", conditions: this.parts.flatMap((part) => conditionOf(part) ?? []) };
  }
}

/**
 * All of several (Airflow: AssetAll); what a list means as a schedule.
 *
 * ```ts
 * new Dag("report", { schedule: new AssetAll(orders, customers) });
 * ```
 */
export class AssetAll extends AssetExpression {
  readonly parts: readonly AssetExpression[];

  constructor(...parts: readonly AssetExpression[]) {
    super();
    this.parts = parts;
  }

  get [ASSET](): AssetCondition {
    return { kind: "all", conditions: this.parts.flatMap((part) => conditionOf(part) ?? []) };
  }
}

/**
 * The document's form of an expression, also of another copy of the SDK; undefined for all else.
 */
export function conditionOf(value: unknown): AssetCondition | undefined {
  return isExpression(value) ? value[ASSET] : undefined;
}

/** The document's form of what can be an outlet or an inlet; undefined for all else. */
export function assetItemOf(value: unknown): AssetItem | undefined {
  const condition = conditionOf(value);
  return condition && "conditions" in condition ? undefined : condition;
}

function isExpression(value: unknown): value is { readonly [ASSET]: AssetCondition } {
  return typeof value === "object" && value !== null && ASSET in value;
}

function toOptions(options: string | AssetOptions): AssetOptions {
  return typeof options === "string" ? { name: options } : options;
}
