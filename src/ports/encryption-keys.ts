// The keys that stored secrets are encrypted with. They lie apart from the metadata, so that a copy
// of the database alone shows none of them.

export interface EncryptionKey {
  /** Eight hexadecimal digits that follow from the key; stored with what it has encrypted. */
  readonly id: string;
  /** 32 of them. */
  readonly bytes: Uint8Array;
}

export interface EncryptionKeys {
  /** Where they are, for messages to operators. */
  readonly place: string;
  /**
   * The newest first: it encrypts, the others only decrypt. Empty while none was needed. Throws
   * where the place can't be read, or holds something else.
   */
  read(): Promise<readonly EncryptionKey[]>;
  /** The same, after the first key was made if there was none. */
  readOrMake(): Promise<readonly EncryptionKey[]>;
}
