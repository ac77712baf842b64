// The encryption keys of a deployment: one SecureString in SSM Parameter Store, at
// <prefix>/encryption/keys. CloudFormation can't make such a parameter, so the first function that
// stores a secret does.
import { GetParameterCommand, PutParameterCommand, type SSMClient } from "@aws-sdk/client-ssm";
import type { EncryptionKey, EncryptionKeys } from "../ports/encryption-keys.ts";
import type { Clock } from "../ports/platform.ts";
import { makeKeyLine, parseKeys } from "../services/stored/key-text.ts";
import { orUndefined } from "./errors.ts";

/** A key that an operator adds counts after that time. */
const KEPT_MS = 60_000;

export interface SsmEncryptionKeysOptions {
  readonly client: SSMClient;
  /** Path in front of the name, without "/" at its end. */
  readonly prefix: string;
  /** Key of KMS that encrypts the parameter; AWS's own for SSM when absent. */
  readonly kmsKeyId?: string;
  readonly clock?: Pick<Clock, "now">;
}

export function createSsmEncryptionKeys({
  client,
  prefix,
  kmsKeyId,
  clock = Date,
}: SsmEncryptionKeysOptions): EncryptionKeys {
  const Name = `${prefix}/encryption/keys`;
  const place = `the parameter ${Name}`;
  let kept: { readonly until: number; readonly keys: readonly EncryptionKey[] } | undefined;

  async function read(): Promise<readonly EncryptionKey[]> {
    if (kept && clock.now() < kept.until) return kept.keys;
    const get = client.send(new GetParameterCommand({ Name, WithDecryption: true }));
    const text = (await orUndefined(get, "ParameterNotFound"))?.Parameter?.Value;
    const keys = parseKeys(text ?? "", place);
    // That there are none is asked again: the next moment may make the first.
    if (keys.length > 0) kept = { until: clock.now() + KEPT_MS, keys };
    return keys;
  }

  return {
    place,
    read,
    async readOrMake() {
      const found = await read();
      if (found.length > 0) return found;
      const put = new PutParameterCommand({
        Name,
        Value: makeKeyLine(),
        Type: "SecureString",
        Overwrite: false,
        Description: "Encrypts Stepwind's stored connections and variables; one key a line",
        ...(kmsKeyId === undefined ? {} : { KeyId: kmsKeyId }),
      });
      // One that another function has made meanwhile wins.
      await orUndefined(client.send(put), "ParameterAlreadyExists");
      return read();
    },
  };
}
