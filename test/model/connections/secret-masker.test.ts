// Which texts are secrets, and that none of their forms is left in what is masked.
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { secretsOfEnvironment } from "../../../src/model/connections/environment-secrets.ts";
import {
  createSecretMasker,
  isSensitiveName,
} from "../../../src/model/connections/secret-masker.ts";

test.each([
  ["api_key", true],
  ["MY_API_KEY", true],
  ["db_password_old", true],
  [" token ", true],
  ["private_key_passphrase", true],
  ["region", false],
  ["apikeeper", false],
])("whether %j names a secret: %s", (name, expected) => {
  expect(isSensitiveName(name)).toBe(expected);
});

describe("the masker", () => {
  test("masks the password of a connection and what is sensitive in its extra", () => {
    const masker = createSecretMasker();
    masker.addConnection({
      password: "Sup3r/S3cret",
      extra: {
        region: "eu-central-1",
        aws: { secret_access_key: "AKIAIOSFODNN7" },
        token: ["tok-1"],
      },
    });
    expect(
      masker.mask('Sup3r/S3cret Sup3r%2FS3cret eu-central-1 {"k":"AKIAIOSFODNN7"} tok-1'),
    ).toBe('*** *** eu-central-1 {"k":"***"} ***');
  });

  test("masks a variable by its name, and by names within its JSON", () => {
    const masker = createSecretMasker();
    masker.addVariable("api_key", "k3y-of-some-kind");
    masker.addVariable("settings", '{"password": "in-a-field", "host": "localhost"}');
    masker.addVariable("region", "eu-central");
    expect(masker.mask("k3y-of-some-kind in-a-field localhost eu-central")).toBe(
      "*** *** localhost eu-central",
    );
  });

  test("masks each line of a secret of several lines, and the secret as JSON has it", () => {
    const key = '-----BEGIN KEY-----\nMIIE"vQIBADAN\n-----END KEY-----';
    const masker = createSecretMasker([key]);
    expect(masker.mask(key)).toBe("***");
    expect(masker.mask('line: MIIE"vQIBADAN')).toBe("line: ***");
    expect(masker.mask(JSON.stringify({ key }))).toBe('{"key":"***"}');
  });

  test("leaves texts alone that are too short to be told from others", () => {
    const masker = createSecretMasker(["abcd", ""]);
    expect(masker.mask("abcd")).toBe("abcd");
  });

  test("masks the longer of two secrets that overlap", () => {
    const masker = createSecretMasker(["secret", "secret-of-mine"]);
    expect(masker.mask("secret-of-mine, secret")).toBe("***, ***");
  });

  test("takes a secret as it is written, whatever it means in a pattern", () => {
    fc.assert(
      fc.property(fc.string({ minLength: 5 }), fc.string(), (secret, text) => {
        const masker = createSecretMasker([secret]);
        expect(masker.mask(`${text}${secret}${text}`).includes(secret)).toBe(
          "***".includes(secret),
        );
      }),
    );
  });

  test("redacts fields by their names, at any depth", () => {
    const masker = createSecretMasker(["hidden-value"]);
    const fields = {
      env: { DB_PASSWORD: "pw", N: 1 },
      list: ["hidden-value", null],
      token: { a: ["b"] },
    };
    expect(masker.redactFields(fields)).toEqual({
      env: { DB_PASSWORD: "***", N: 1 },
      list: ["***", null],
      token: { a: ["***"] },
    });
  });
});

test("the environment's secrets are passwords of connections, sensitive variables and names", () => {
  const found = secretsOfEnvironment({
    AIRFLOW_CONN_DB: "postgres://etl:p%40ss-word@db/x?api_token=t0ken-1&mode=fast",
    STEPWIND_CONN_WRONG: "not-a-connection",
    AIRFLOW_VAR_API_KEY: "k3y-value",
    STEPWIND_VAR_SETTINGS: '{"secret": "in-json", "rows": 5}',
    AIRFLOW_VAR_REGION: "eu-central-1",
    MY_SERVICE_TOKEN: "pl4in-value",
    DISABLE_TOKENS: "false",
    AWS_WEB_IDENTITY_TOKEN_FILE: "/var/run/token",
    NO_PROXY: "localhost",
    HOME: "/root",
    EMPTY_TOKEN: "",
  });
  expect([...found].sort()).toEqual(
    ["p@ss-word", "t0ken-1", "not-a-connection", "k3y-value", "in-json", "pl4in-value"].sort(),
  );
});

test("names are sensitive as Airflow 3.3's are, whatever stands between their words", () => {
  const sensitive = ["aws_access_key_id", "API-Key", "my dsn", "Webhook.URL", "bearer", "proxies"];
  for (const name of sensitive) expect(isSensitiveName(name), name).toBe(true);
  for (const name of ["region", "key", "login", "tok-en"])
    expect(isSensitiveName(name)).toBe(false);
});

test('the word "airflow" is never masked, since it stands everywhere', () => {
  const masker = createSecretMasker(["airflow", "Airflow-2"]);
  expect(masker.mask("airflow Airflow-2")).toBe("airflow ***");
});
