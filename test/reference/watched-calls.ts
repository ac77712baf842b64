// Calls of ports as a test sees them: whether one is still open, which are to fail, and the silence
// after a death.
import type { Metadata } from "../../src/ports/metadata.ts";
import type { Random } from "./random-dags.ts";

/** Of a process: when it is over, nothing that it asks for is done, and it gets no answers. */
export interface Life {
  isOver: boolean;
}

/** Of the test's own calls, which never fail at random. */
export const IMMORTAL: Life = { isOver: false };

/** Calls that fail at random, before they have done anything or after they have done all. */
export interface Faults {
  readonly random: Random;
  /** Of calls of ports that fail. */
  readonly rate: number;
  /** Of calls of functions by the engine that fail. */
  readonly invocationRate: number;
  /** Of those that fail, the ones that are done all the same. */
  readonly lostAnswers: number;
  /** So many fail in all; from then on all is well. */
  readonly limit: number;
  /** Counts those that failed, by what was called and how; starts empty. */
  readonly injected: Map<string, number>;
}

/** A method of one of the metadata's stores. */
export type StoreCall = {
  [Name in keyof Metadata]: `${Name}.${keyof Metadata[Name] & string}`;
}[keyof Metadata];

export interface WatchedCalls {
  /** The same store; its calls are counted. */
  watch<Store extends object>(store: Store, life: Life): Store;
  /** The same for all stores of the metadata; their calls have names such as "runs.get". */
  watchMetadata(metadata: Metadata, life: Life): Metadata;
  /** Makes a call of a function, as Lambda does: it may refuse it, or lose the answer. */
  invoke<T>(work: () => Promise<T>): Promise<T>;
  isOpen(): boolean;
  breakNext(method: string, test?: (argument: unknown) => boolean): void;
  /** From now on calls fail so; undefined ends that. */
  disturb(faults: Faults | undefined): void;
}

export function watchCalls(): WatchedCalls {
  let open = 0;
  let breaks: { readonly method: string; readonly test: (argument: unknown) => boolean }[] = [];
  let faults: Faults | undefined;

  /** Draws whether the call fails. */
  function drawFault(name: string, rate: number): "before" | "after" | undefined {
    if (!faults?.random.chance(rate)) return undefined;
    const { injected, limit, random, lostAnswers } = faults;
    if ([...injected.values()].reduce((sum, count) => sum + count, 0) >= limit) return undefined;
    const moment = random.chance(lostAnswers) ? "after" : "before";
    const key = `${name} ${moment}`;
    injected.set(key, (injected.get(key) ?? 0) + 1);
    return moment;
  }

  async function call(
    { target, member, method }: { target: object; member: string; method: string },
    { parameters, life }: { readonly parameters: unknown[]; readonly life: Life },
  ): Promise<unknown> {
    if (life.isOver) return new Promise(() => {});
    const broken = breaks.find((one) => one.method === method && one.test(parameters[0]));
    if (broken) {
      breaks = breaks.filter((one) => one !== broken);
      throw new Error(`${method} is out of order`);
    }
    const fault = life === IMMORTAL ? undefined : drawFault(method, faults?.rate ?? 0);
    if (fault === "before") throw new Error(`${method} is throttled`);
    open += 1;
    try {
      const result = await Reflect.apply(Reflect.get(target, member), target, parameters);
      if (fault === "after") throw new Error(`the answer of ${method} is lost`);
      return life.isOver ? new Promise(() => {}) : result;
    } finally {
      open -= 1;
    }
  }

  function watch<Store extends object>(store: Store, life: Life, prefix = ""): Store {
    return new Proxy(store, {
      get: (target, member) =>
        typeof member === "string"
          ? (...parameters: unknown[]) =>
              call({ target, member, method: `${prefix}${member}` }, { parameters, life })
          : undefined,
    });
  }

  return {
    watch: (store, life) => watch(store, life),
    watchMetadata: (metadata, life) => ({
      dags: watch(metadata.dags, life, "dags."),
      dagStates: metadata.dagStates,
      versions: watch(metadata.versions, life, "versions."),
      files: watch(metadata.files, life, "files."),
      runs: watch(metadata.runs, life, "runs."),
      runOutcomes: watch(metadata.runOutcomes, life, "runOutcomes."),
      taskInstances: watch(metadata.taskInstances, life, "taskInstances."),
      limits: watch(metadata.limits, life, "limits."),
      gates: watch(metadata.gates, life, "gates."),
      xcoms: watch(metadata.xcoms, life, "xcoms."),
      taskStates: watch(metadata.taskStates, life, "taskStates."),
      variables: watch(metadata.variables, life, "variables."),
      connections: watch(metadata.connections, life, "connections."),
      connectionTests: watch(metadata.connectionTests, life, "connectionTests."),
      pools: watch(metadata.pools, life, "pools."),
      inputRequests: watch(metadata.inputRequests, life, "inputRequests."),
      openInputRequests: watch(metadata.openInputRequests, life, "openInputRequests."),
      pendingMachines: watch(metadata.pendingMachines, life, "pendingMachines."),
      heartbeats: watch(metadata.heartbeats, life, "heartbeats."),
      deletions: watch(metadata.deletions, life, "deletions."),
      endedRunChanges: watch(metadata.endedRunChanges, life, "endedRunChanges."),
      condemnedBundles: watch(metadata.condemnedBundles, life, "condemnedBundles."),
      cleanings: watch(metadata.cleanings, life, "cleanings."),
      backfills: watch(metadata.backfills, life, "backfills."),
      backfillIds: watch(metadata.backfillIds, life, "backfillIds."),
      activeBackfills: watch(metadata.activeBackfills, life, "activeBackfills."),
      backfillSkips: watch(metadata.backfillSkips, life, "backfillSkips."),
      openDeadlines: watch(metadata.openDeadlines, life, "openDeadlines."),
      parseRequests: watch(metadata.parseRequests, life, "parseRequests."),
      dagCodes: watch(metadata.dagCodes, life, "dagCodes."),
      favorites: watch(metadata.favorites, life, "favorites."),
      access: watch(metadata.access, life, "access."),
      users: watch(metadata.users, life, "users."),
      roles: watch(metadata.roles, life, "roles."),
      apiTokens: watch(metadata.apiTokens, life, "apiTokens."),
      dagAccess: watch(metadata.dagAccess, life, "dagAccess."),
      assets: watch(metadata.assets, life, "assets."),
      assetAliases: watch(metadata.assetAliases, life, "assetAliases."),
      assetClaims: watch(metadata.assetClaims, life, "assetClaims."),
      assetReferences: watch(metadata.assetReferences, life, "assetReferences."),
      dagAssets: watch(metadata.dagAssets, life, "dagAssets."),
      assetStates: watch(metadata.assetStates, life, "assetStates."),
      assetRuns: watch(metadata.assetRuns, life, "assetRuns."),
      assetWakes: watch(metadata.assetWakes, life, "assetWakes."),
      assetEvents: watch(metadata.assetEvents, life, "assetEvents."),
      eventLogs: watch(metadata.eventLogs, life, "eventLogs."),
      webhooks: watch(metadata.webhooks, life, "webhooks."),
    }),
    async invoke(work) {
      const fault = drawFault("invoke", faults?.invocationRate ?? 0);
      if (fault === "before") throw lambdaError("TooManyRequestsException", "Rate Exceeded");
      const result = await work();
      if (fault === "after") throw lambdaError("ServiceException", "the answer is lost");
      return result;
    },
    isOpen: () => open > 0,
    breakNext(method, test = () => true) {
      breaks.push({ method, test });
    },
    disturb(next) {
      faults = next;
    },
  };
}

/** As Step Functions names what Lambda answers. */
function lambdaError(name: string, message: string): Error {
  const error = new Error(message);
  error.name = `Lambda.${name}`;
  return error;
}
