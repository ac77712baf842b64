// Where random cases run in virtual time.
import type { VirtualProductOptions } from "../virtual-product-options.ts";

/** The longest that a worker on AWS lives, in seconds. */
const LIMIT = 3_600;

export type Platform = "embedded" | "apart" | "split";

export const PLATFORMS: Readonly<Record<Platform, VirtualProductOptions>> = {
  embedded: {},
  /** Workers as functions that nobody waits for. */
  apart: { apart: { limit: LIMIT } },
  /** And user code in functions of its own. */
  split: { apart: { limit: LIMIT }, isSplit: true },
};
