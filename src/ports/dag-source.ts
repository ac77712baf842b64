// Where DAG files come from, and where their bundles go: a folder or a bucket.

export interface DagSource {
  /** Paths of all files, relative to the root, "/" between parts. */
  list(): Promise<readonly string[]>;
  /**
   * The file's text; undefined when it isn't there. Throws UnreadableFile when only this file can't
   * be read.
   */
  read(file: string): Promise<string | undefined>;
  /**
   * Folder on disk that third-party packages of DAG files are looked up from; absent when there is
   * none.
   */
  readonly packagesFrom?: string;
}

/** A file is there and can't be read: that is the author's mistake, and others go on. */
export class UnreadableFile extends Error {
  override readonly name = "UnreadableFile";
  /** Why, in a few words. */
  readonly reason: string;

  constructor(
    file: string,
    { reason, cause }: { readonly reason: string; readonly cause: unknown },
  ) {
    super(`${file} can't be read: ${reason}`, { cause });
    this.reason = reason;
  }
}

/** The code of a bundle can't be run, now or later. */
export class UnusableBundle extends Error {
  override readonly name = "UnusableBundle";
}

export interface Bundles {
  /** Stores the code under its hash, which `hashOfCode` makes. Repeating is safe. */
  put(hash: string, code: string): Promise<void>;
  has(hash: string): Promise<boolean>;
  /** Repeating is safe. */
  delete(hash: string): Promise<void>;
  /**
   * URL that `import()` takes. Throws UnusableBundle when the bundle isn't there, or where
   * strangers could have changed it, when it isn't what was stored; and anything else when that
   * can't be known now.
   */
  url(hash: string): Promise<string>;
}
