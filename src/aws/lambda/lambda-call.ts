// Calls a function without waiting for it, so that one that is throttled doesn't matter: Lambda
// keeps the call and makes it when there is room, for six hours.
import { InvokeCommand, type LambdaClient } from "@aws-sdk/client-lambda";

/** A function, and what to call it with. */
export interface Invocation {
  readonly functionName: string;
  readonly payload: object;
}

/** Resolves when Lambda has taken the call over. */
export async function invokeLater(
  client: LambdaClient,
  { functionName, payload }: Invocation,
): Promise<void> {
  await client.send(
    new InvokeCommand({
      FunctionName: functionName,
      InvocationType: "Event",
      Payload: Buffer.from(JSON.stringify(payload)),
    }),
  );
}

/** The call resolves when Lambda has taken it over. */
export function createLambdaCall<Event extends object>({
  client,
  functionName,
}: {
  readonly client: LambdaClient;
  readonly functionName: string;
}): (event: Event) => Promise<void> {
  return (payload) => invokeLater(client, { functionName, payload });
}
