// SSM Parameter Store passes the contract of the secrets backend, and is asked seldom.
import { randomUUID } from "node:crypto";
import { PutParameterCommand, SSMClient } from "@aws-sdk/client-ssm";
import { expect, test } from "vitest";
import { CLIENT_OPTIONS } from "../../src/aws/client-options.ts";
import { createSsmSecrets } from "../../src/aws/ssm-secrets.ts";
import { type StoredSecrets, secretsContract } from "../contract/secrets.ts";

const client = new SSMClient(CLIENT_OPTIONS);

/** Stores what is given below a new path, encrypted. */
async function store({ connections = {}, variables = {} }: StoredSecrets): Promise<string> {
  const prefix = `/stepwind/${randomUUID()}`;
  const texts = [
    ...Object.entries(connections).map(([id, text]) => [`connections/${id}`, text]),
    ...Object.entries(variables).map(([key, text]) => [`variables/${key}`, text]),
  ];
  for (const [path, text] of texts) {
    const parameter = { Name: `${prefix}/${path}`, Value: text, Type: "SecureString" } as const;
    await client.send(new PutParameterCommand({ ...parameter, Overwrite: true }));
  }
  return prefix;
}

secretsContract("SSM", async (stored) => createSsmSecrets({ client, prefix: await store(stored) }));

test("an answer is kept for a minute, also that there is none", async () => {
  const prefix = await store({ variables: { region: "eu" } });
  let now = 0;
  const secrets = createSsmSecrets({ client, prefix, clock: { now: () => now } });
  const put = (key: string, text: string) =>
    client.send(
      new PutParameterCommand({
        Name: `${prefix}/variables/${key}`,
        Value: text,
        Type: "String",
        Overwrite: true,
      }),
    );
  const read = () => Promise.all(["region", "other"].map(secrets.getVariable));
  expect(await read()).toEqual(["eu", undefined]);
  await put("other", "new");
  now = 59_999;
  expect(await read()).toEqual(["eu", undefined]);
  now = 60_000;
  expect(await read()).toEqual(["eu", "new"]);
});

test("a name that SSM can't have isn't asked for", async () => {
  const secrets = createSsmSecrets({ client, prefix: "/stepwind" });
  for (const name of ["", "a b", "ü", "a//b", "x".repeat(2_000), "a/".repeat(20)]) {
    expect(await secrets.getVariable(name)).toBeUndefined();
    expect(await secrets.getConnection(name)).toBeUndefined();
  }
});

test("what is refused is thrown, and asked for again", async () => {
  const prefix = await store({ variables: { region: "eu" } });
  let refused = true;
  const refusing = new SSMClient({ ...CLIENT_OPTIONS, maxAttempts: 1 });
  refusing.middlewareStack.add(
    (next) => async (args) => {
      if (refused) throw Object.assign(new Error("no"), { name: "AccessDeniedException" });
      return next(args);
    },
    { step: "initialize" },
  );
  const secrets = createSsmSecrets({ client: refusing, prefix });
  await expect(secrets.getVariable("region")).rejects.toThrow("no");
  refused = false;
  expect(await secrets.getVariable("region")).toBe("eu");
});
