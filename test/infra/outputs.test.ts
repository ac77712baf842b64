// What the stack tells whoever has deployed it.
import { expect, test } from "vitest";
import { buildFunctions } from "./built-functions.ts";
import { synthesize } from "./synthesized.ts";

test("the stack says where the password of the API's first user lies", () => {
  buildFunctions();
  const output = synthesize().template.findOutputs("PasswordParameter");
  expect(output).toMatchObject({ PasswordParameter: { Value: "/Stepwind/api/password" } });
}, 180_000);
