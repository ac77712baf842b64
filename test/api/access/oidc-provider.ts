// A real OpenID provider on this machine, which lets in whoever names an account, and what a person's
// browser does there.
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import Provider from "oidc-provider";

const GROUPS: Readonly<Record<string, readonly string[]>> = {
  ann: ["data-team", "other"],
  bob: ["other"],
};

export const CLIENT = { id: "stepwind", secret: "a secret of the client" } as const;

export interface OidcProvider {
  readonly issuer: string;
  /** From then on it answers; requests before that wait for it in vain. */
  serve(redirectUri: string): void;
  close(): void;
}

/** Listens on a port of its own; `serve` makes it a provider. */
export async function startOidcProvider(): Promise<OidcProvider> {
  let answer: ReturnType<Provider["callback"]> | undefined;
  const server = createServer((request, response) => void answer?.(request, response));
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const issuer = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return {
    issuer,
    serve(redirectUri) {
      const provider = new Provider(issuer, {
        clients: [
          { client_id: CLIENT.id, client_secret: CLIENT.secret, redirect_uris: [redirectUri] },
        ],
        pkce: { required: () => true },
        cookies: { keys: ["of this test"] },
        claims: { openid: ["sub"], profile: ["preferred_username", "given_name", "groups"] },
        findAccount: (_context, id) => ({
          accountId: id,
          claims: async () => ({
            sub: id,
            preferred_username: id,
            given_name: id.toUpperCase(),
            groups: [...(GROUPS[id] ?? [])],
          }),
        }),
      });
      answer = provider.callback();
    },
    close: () => void server.close(),
  };
}

/** Logs in at the provider, from the address that it was led to; answers where it is led back to. */
export async function logInAt(
  address: string,
  { account, redirectUri }: { readonly account: string; readonly redirectUri: string },
): Promise<string> {
  const jar = new Map<string, string>();
  const visit = async (url: string, form?: Readonly<Record<string, string>>) => {
    const response = await fetch(url, {
      redirect: "manual",
      headers: { cookie: [...jar].map(([name, value]) => `${name}=${value}`).join("; ") },
      ...(form ? { method: "POST", body: new URLSearchParams(form) } : {}),
    });
    for (const cookie of response.headers.getSetCookie()) {
      const [name = "", value = ""] = (cookie.split(";")[0] ?? "").split(/=(.*)/);
      jar.set(name, value);
    }
    return response;
  };
  let url = address;
  for (let step = 0; step < 10; step += 1) {
    const response = await visit(url);
    const location = response.headers.get("location");
    if (location?.startsWith(redirectUri)) return location;
    if (location) {
      url = new URL(location, url).href;
      continue;
    }
    const page = await response.text();
    const prompt = page.includes('name="login"') ? "login" : "consent";
    const fields = { prompt, login: account, password: "x" };
    const submitted = await visit(url, fields);
    url = new URL(submitted.headers.get("location") ?? "", url).href;
  }
  throw new Error("The provider leads nowhere");
}
