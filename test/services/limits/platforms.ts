// Where limits are tested: on one machine, and where workers are functions that may die unnoticed.
import type { VirtualProductOptions } from "../../reference/virtual-product-options.ts";

type Platforms = readonly (readonly [string, VirtualProductOptions])[];

export const MACHINE_AND_FUNCTIONS: Platforms = [
  ["on one machine", {}],
  ["with functions as workers", { apart: { limit: 900 } }],
];

export const PLATFORMS: Platforms = [
  ...MACHINE_AND_FUNCTIONS,
  ["with task functions", { apart: { limit: 900 }, isSplit: true }],
];
