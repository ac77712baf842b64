// Keys of the code that is kept of versions.

/**
 * Key of what is kept of a version's code; what all keys of a DAG begin with, `dagCodePrefix`,
 * begins no other's.
 */
export function dagCodeKey({
  dagId,
  hash,
}: {
  readonly dagId: string;
  readonly hash: string;
}): string {
  return `${dagCodePrefix(dagId)}${hash}`;
}

export function dagCodePrefix(dagId: string): string {
  return `${dagId}/`;
}
