// Query parameters that many operations support.

/** The parameters of pages. */
export const PAGE: readonly string[] = ["limit", "offset"];
