// What follows from the trigger rules, for those who reason about them: the compiler orders tasks
// by it, and the propagation of an end knows by it where to look. All of it is computed from
// evaluateTriggerRule, by asking for every mixture of a few upstreams: the rules compare counts
// with nothing and with all, so more upstreams say nothing new.
import type { FinishedState } from "../states.ts";
import type { TriggerRule } from "./trigger-rule-names.ts";
import { countUpstream, evaluateTriggerRule, type TriggerVerdict } from "./trigger-rules.ts";

/** States that a task can end in, as flags. */
export const SUCCESS = 1;
export const FAILED = 2;
export const SKIPPED = 4;
export const UPSTREAM_FAILED = 8;

/** `every` upstream, or at least `one`, has ended in one of these states. */
export interface UpstreamsEnded {
  readonly which: "every" | "one";
  readonly ends: number;
}

/**
 * A document has no setup tasks and no removed instances, so these are left out, but for
 * `mayEndOn`.
 */
export interface TriggerRuleFacts {
  /** Holds when the task starts; absent if nothing does (rule `always`). */
  readonly run?: UpstreamsEnded;
  /** Holds when the rule skips the task; absent if the rule never does. */
  readonly skip?: UpstreamsEnded;
  /** Holds when the rule fails the task; absent if the rule never does. */
  readonly fail?: UpstreamsEnded;
  /**
   * Ends of a single upstream that keep the task from running: of its only one, or of one among
   * others.
   */
  readonly decidedBy: { readonly only: number; readonly among: number };
  /** Ends of an upstream that may end the task without running it, at once or as the last one. */
  readonly mayEndOn: ReadonlySet<FinishedState>;
}

const FLAGS = {
  success: SUCCESS,
  failed: FAILED,
  skipped: SKIPPED,
  upstream_failed: UPSTREAM_FAILED,
} as const;

type End = keyof typeof FLAGS;
/** `null` is an upstream that has not ended. */
type Mixture<State> = readonly (State | null)[];

const ENDS = Object.keys(FLAGS) as readonly End[];
const OPEN_OR_ENDED: Mixture<End> = [null, ...ENDS];
const ALL_SETS_OF_ENDS = [...Array(1 << ENDS.length).keys()].sort((a, b) => sizeOf(a) - sizeOf(b));
/** As many kinds of states at once as any rule tells apart. */
const MOST_UPSTREAMS = 3;

const facts = new Map<TriggerRule, TriggerRuleFacts>();

/** The same object for each call. */
export function factsOf(rule: TriggerRule): TriggerRuleFacts {
  const known = facts.get(rule);
  if (known) return known;
  const found = deriveFacts(rule, MOST_UPSTREAMS);
  facts.set(rule, found);
  return found;
}

/** Asks the rule about up to so many upstreams at once. */
export function deriveFacts(rule: TriggerRule, upstreams: number): TriggerRuleFacts {
  const cases = mixturesOf(OPEN_OR_ENDED, upstreams).map((mixture) => ({
    ends: mixture.map((state): number => (state === null ? 0 : FLAGS[state])),
    verdict: nameOf(evaluateTriggerRule(rule, countUpstream(mixture))),
  }));
  const holdsFor = (verdict: string) =>
    findCommon(cases.filter((each) => each.verdict === verdict).map(({ ends }) => ends));
  const isDecided = (flag: number, size: "only" | "among") =>
    cases
      .filter(({ ends }) => ends.includes(flag) && (ends.length === 1 || size === "among"))
      .every(({ verdict }) => verdict === "skipped" || verdict === "upstream_failed");
  const decidedBy = (size: "only" | "among") =>
    ENDS.reduce((all, end) => (isDecided(FLAGS[end], size) ? all | FLAGS[end] : all), 0);
  const [run, skip, fail] = ["run", "skipped", "upstream_failed"].map(holdsFor);
  return {
    ...(run ? { run } : {}),
    ...(skip ? { skip } : {}),
    ...(fail ? { fail } : {}),
    decidedBy: { only: decidedBy("only"), among: decidedBy("among") },
    mayEndOn: findMayEndOn(rule, upstreams),
  };
}

function nameOf(verdict: TriggerVerdict): string {
  return verdict.kind === "set" ? verdict.state : verdict.kind;
}

/**
 * What all these cases have in common, each the ends of its upstreams, 0 for an open one; the
 * strongest that there is.
 */
function findCommon(cases: readonly (readonly number[])[]): UpstreamsEnded | undefined {
  if (cases.length === 0) return undefined;
  const seen = cases.flat();
  if (!seen.includes(0)) return { which: "every", ends: seen.reduce((all, end) => all | end, 0) };
  const ends = ALL_SETS_OF_ENDS.find((set) => cases.every((each) => each.some((end) => end & set)));
  return ends === undefined ? undefined : { which: "one", ends };
}

/** Ends with which a task has a verdict that it would not have if the upstream were still open. */
function findMayEndOn(rule: TriggerRule, upstreams: number): ReadonlySet<FinishedState> {
  const isEnded = (mixture: Mixture<FinishedState>) =>
    evaluateTriggerRule(rule, countUpstream(mixture)).kind === "set";
  const states = [...ENDS, "removed"] as const;
  const others = [[], ...mixturesOf([null, ...states], upstreams - 1)];
  return new Set(
    states.filter((end) =>
      others.some((rest) => isEnded([end, ...rest]) && !isEnded([null, ...rest])),
    ),
  );
}

/** Every mixture of one to `size` states, in whatever order. */
function mixturesOf<State>(states: readonly State[], size: number): readonly (readonly State[])[] {
  if (size === 0) return [];
  return states.flatMap((state, at) => [
    [state],
    ...mixturesOf(states.slice(at), size - 1).map((rest) => [state, ...rest]),
  ]);
}

function sizeOf(set: number): number {
  let size = 0;
  for (let rest = set; rest !== 0; rest &= rest - 1) size += 1;
  return size;
}
