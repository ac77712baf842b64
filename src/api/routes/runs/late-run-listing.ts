// Listings of runs with filters that take reads to test. So many runs are read and tested at most;
// the store narrows them down before.
import type { Condition, OrderBy } from "../../../model/listings/conditions.ts";
import type { RunField } from "../../../model/listings/run-fields.ts";
import type { DagRunRecord } from "../../../model/records.ts";
import type { ApiContext } from "../../context.ts";
import { Problem } from "../../problems.ts";
import { askStore, type Paging, pageFactsOf, toStorePage } from "../../requests/store-listing.ts";
import { type LateTest, passing } from "./late-run-tests.ts";
import type { RunPage } from "./run-conditions.ts";

/** Runs that one answer tests. */
const MOST_TESTED = 2_000;
/** Runs that are read at a time. */
const AT_A_TIME = 500;

interface Wish {
  readonly conditions: readonly Condition<RunField>[];
  readonly order: readonly OrderBy<RunField>[];
  readonly tests: readonly LateTest[];
}

/** By cursor, a page has those of a page of the store that pass: it may be short, and go on. */
export async function findTested(
  context: ApiContext,
  { conditions, order, tests }: Wish,
  paging: Paging,
): Promise<RunPage> {
  const { runs } = context.platform.metadata;
  const { cursor, limit, offset } = paging;
  if (cursor !== undefined) {
    const listing = { conditions, order, ...toStorePage(paging) };
    const found = await askStore(() => runs.find(listing), cursor);
    return { runs: await passing(found.items, tests), ...pageFactsOf(found) };
  }
  const all: DagRunRecord[] = [];
  for (let next: string | undefined = "", tested = 0; next !== undefined; ) {
    const after: string = next;
    const listing = { conditions, order, limit: AT_A_TIME, cursor: after };
    const page = await askStore(() => runs.find(listing), undefined);
    tested += page.items.length;
    if (tested > MOST_TESTED) {
      throw new Problem(
        400,
        `These filters are tested run by run, on at most ${MOST_TESTED} runs, and there are more; ` +
          "narrow them down, for instance by `run_after_gte`",
      );
    }
    all.push(...(await passing(page.items, tests)));
    next = page.next;
  }
  const total = { count: all.length, isCapped: false };
  return { runs: all.slice(offset, offset + limit), ...pageFactsOf({ items: all, total }) };
}
