// What the server and the process of an isolated import say to each other.
import type { DagLoader } from "../../../ports/dag-loader.ts";

/** One import, which is all that the process does. */
export interface IsolatedLoad {
  readonly url: string;
  readonly hash: string;
  readonly file: string;
  readonly dagsFolder: string;
  /** Seconds. */
  readonly importTimeout: number;
}

export type LoadResult = Awaited<ReturnType<DagLoader["load"]>>;
