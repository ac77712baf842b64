// The encryption keys of a deployment: one SecureString, made by the first who needs it.
import { randomUUID } from "node:crypto";
import { DescribeParametersCommand, PutParameterCommand, SSMClient } from "@aws-sdk/client-ssm";
import { expect, test } from "vitest";
import { CLIENT_OPTIONS } from "../../src/aws/client-options.ts";
import { createSsmEncryptionKeys } from "../../src/aws/ssm-encryption-keys.ts";
import { makeKeyLine } from "../../src/services/stored/key-text.ts";
import { createSealer, type SealedThing } from "../../src/services/stored/sealing.ts";

const client = new SSMClient(CLIENT_OPTIONS);
const THING: SealedThing = { kind: "Variable", name: "a", field: "value" };

function setUp() {
  const prefix = `/stepwind/${randomUUID()}`;
  const time = { now: 0 };
  const create = () => createSsmEncryptionKeys({ client, prefix, clock: { now: () => time.now } });
  return { prefix, time, create, name: `${prefix}/encryption/keys` };
}

test("reading makes nothing, and of several who need a key at once all get the same", async () => {
  const { create, name } = setUp();
  expect(await create().read()).toEqual([]);
  const made = await Promise.all([1, 2, 3].map(() => create().readOrMake()));
  expect(made[0]).toHaveLength(1);
  expect(made[1]).toEqual(made[0]);
  expect(made[2]).toEqual(made[0]);
  const { Parameters = [] } = await client.send(
    new DescribeParametersCommand({
      ParameterFilters: [{ Key: "Name", Option: "Equals", Values: [name] }],
    }),
  );
  expect(Parameters).toMatchObject([{ Name: name, Type: "SecureString" }]);
});

test("a key that an operator puts in front counts within a minute, and the older one decrypts", async () => {
  const { create, time, name } = setUp();
  const keys = create();
  const sealer = createSealer(keys);
  const sealed = await sealer.seal("s3cret", THING);
  const [older] = await keys.read();
  const Value = `${makeKeyLine()}\n${Buffer.from(older?.bytes ?? []).toString("base64")}`;
  await client.send(
    new PutParameterCommand({ Name: name, Value, Type: "SecureString", Overwrite: true }),
  );
  time.now = 59_999;
  expect(await keys.read()).toHaveLength(1);
  time.now = 60_000;
  expect(await keys.read()).toHaveLength(2);
  expect(await sealer.open(sealed, THING)).toBe("s3cret");
  expect(await sealer.isCurrent(sealed)).toBe(false);
});
