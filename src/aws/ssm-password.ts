// The API's password in SSM Parameter Store, at <prefix>/api/password. Tasks can't read it: their
// function may read connections and variables only.
import { GetParameterCommand, type SSMClient } from "@aws-sdk/client-ssm";
import { orUndefined } from "./errors.ts";

/** How long an answer is kept, also that there is none. */
const KEPT_MS = 60_000;

/** Reads the password; undefined while the parameter isn't there. */
export function createSsmPassword({
  client,
  prefix,
}: {
  readonly client: SSMClient;
  readonly prefix: string;
}): () => Promise<string | undefined> {
  let kept: { readonly until: number; readonly password: Promise<string | undefined> } | undefined;

  async function read(): Promise<string | undefined> {
    const get = new GetParameterCommand({ Name: `${prefix}/api/password`, WithDecryption: true });
    return (await orUndefined(client.send(get), "ParameterNotFound"))?.Parameter?.Value;
  }

  return () => {
    if (!kept || Date.now() >= kept.until) {
      const password = read();
      password.catch(() => {
        kept = undefined;
      });
      kept = { until: Date.now() + KEPT_MS, password };
    }
    return kept.password;
  };
}
