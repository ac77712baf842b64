// Calls a function without waiting for it, so that one that is throttled doesn't matter: Lambda
// keeps the call and makes it when there is room, for six hours.
import { InvokeCommand, type LambdaClient } from "@aws-sdk/client-lambda";
/** The call resolves when Lambda has taken it over. */
export function createLambdaCall<Event>({
  client,
  functionName,
}: {
  readonly client: LambdaClient;
  readonly functionName: string;
}): (event: Event) => Promise<void> {
  return async (event) => {
    await client.send(
      new InvokeCommand({
        FunctionName: functionName,
        InvocationType: "Event",
        Payload: Buffer.from(JSON.stringify(event)),
      }),
    );
  };
}
