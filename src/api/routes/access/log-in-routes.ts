// Where Airflow's API leads browsers to log in and out.
import { isSafeUrl } from "../../access/safe-urls.ts";
import { type Operations, operation } from "../../operation.ts";
import { Problem } from "../../problems.ts";

export const logInOperations: Operations = () => [
  operation("login", {
    permission: "open",
    query: ["next"],
    async handle({ query, c }) {
      const next = query.text("next");
      if (next === undefined) return c.redirect("/auth/login", 307);
      if (!isSafeUrl(c, next)) throw new Problem(400, "Invalid or unsafe next URL");
      return c.redirect(`/auth/login?${new URLSearchParams({ next })}`, 307);
    },
  }),
  operation("logout", {
    permission: "open",
    handle: async ({ c }) => c.redirect("/auth/logout", 307),
  }),
];
