// The API with a log-in over the product of api-product.ts, and users with roles.
import { createApiServer } from "../../../src/api/api-server.ts";
import { type ApiProduct, createApiProduct } from "../api-product.ts";

const SECRET = "a secret of this deployment's own, of 32 bytes";
export const PASSWORD = "correct horse";
const ADDRESS = "https://api.example";

export interface AccessProduct extends ApiProduct {
  readonly state: { now: number; address: string | undefined };
  readonly warnings: readonly string[];
  /** Makes the user directly, with PASSWORD. */
  createUser(username: string, roles: readonly string[]): Promise<void>;
  /** A token of the user's. */
  logIn(username: string, password?: string): Promise<string>;
  send(
    path: string,
    options?: {
      readonly token?: string;
      readonly method?: string;
      readonly body?: unknown;
      readonly headers?: Readonly<Record<string, string>>;
    },
  ): Promise<Response>;
}

/** To be called within a test. */
export async function createAccessProduct(
  logIn: NonNullable<Parameters<typeof createApiServer>[2]>["logIn"] = {
    tokenSecret: async () => SECRET,
  },
): Promise<AccessProduct> {
  const product = await createApiProduct();
  const { platform, services } = product;
  const warnings: string[] = [];
  const state: { now: number; address: string | undefined } = {
    now: platform.clock.now(),
    address: undefined,
  };
  const clock = { ...platform.clock, now: () => state.now };
  const report = { ...platform.report, warn: (message: string) => void warnings.push(message) };
  const app = createApiServer({ ...platform, clock, report }, services, {
    logIn: { ...logIn, addressOf: () => state.address },
  });
  const send: AccessProduct["send"] = async (
    path,
    { token, body, method = body === undefined ? "GET" : "POST", headers = {} } = {},
  ) =>
    app.request(`${ADDRESS}${path}`, {
      method,
      headers: { ...headers, ...(token === undefined ? {} : { authorization: `Bearer ${token}` }) },
      ...(body === undefined
        ? {}
        : { body: typeof body === "string" ? body : JSON.stringify(body) }),
    });
  const { createAccessServices } = await import("../../../src/services/access/access-services.ts");
  const { users } = createAccessServices({ ...platform, clock, hasAdmin: false });
  return {
    ...product,
    app,
    state,
    warnings,
    send,
    async createUser(username, roles) {
      const email = `${username}@example.org`;
      await users.create({
        username,
        email,
        firstName: "A",
        lastName: "B",
        roles,
        password: PASSWORD,
      });
    },
    async logIn(username, password = PASSWORD) {
      const response = await send("/auth/token", { body: { username, password } });
      const { access_token: token }: { readonly access_token: string } = JSON.parse(
        await response.text(),
      );
      return token;
    },
  };
}
