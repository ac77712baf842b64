// A parameter of the API in SSM Parameter Store, such as <prefix>/api/password. Tasks can't read these:
// their function may read connections and variables only.
import { GetParameterCommand, type SSMClient } from "@aws-sdk/client-ssm";
import { orUndefined } from "./errors.ts";

/** How long an answer is kept, also that there is none. */
const KEPT_MS = 60_000;

/** Reads the parameter, whose whole name is given; undefined while it isn't there. */
export function createKeptParameter(
  client: SSMClient,
  name: string,
): () => Promise<string | undefined> {
  let kept: { readonly until: number; readonly value: Promise<string | undefined> } | undefined;

  async function read(): Promise<string | undefined> {
    const get = new GetParameterCommand({ Name: name, WithDecryption: true });
    return (await orUndefined(client.send(get), "ParameterNotFound"))?.Parameter?.Value;
  }

  return () => {
    if (!kept || Date.now() >= kept.until) {
      const value = read();
      value.catch(() => {
        kept = undefined;
      });
      kept = { until: Date.now() + KEPT_MS, value };
    }
    return kept.value;
  };
}
