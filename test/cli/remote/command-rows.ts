// Every command, with what it does on a server elsewhere: the same as here, or nothing. The order
// is that of a story, in which later commands find what earlier ones have made.

/** Where a command works. */
export type Reach =
  /** On a server elsewhere as on this machine, with the same output. */
  | "anywhere"
  /** On this machine alone: an address is refused. */
  | "here"
  /** On a deployment that --stack names: an address is refused. */
  | "deployment"
  /** About a server elsewhere itself. */
  | "server";

export interface Step {
  /** Arguments, separated by spaces; `{name}` is what a step before has kept. */
  readonly line: string;
  readonly code?: number;
  /** Whether it is tried in each form of output. */
  readonly forms?: boolean;
  /** What of its output later steps need: a name, and where it stands. */
  readonly keep?: readonly [string, RegExp];
  /** A run that is waited for before the next step. */
  readonly ended?: readonly [string, string];
}

const look = (line: string, code = 0): Step => ({ line, code, forms: true });
const act = (line: string, rest: Partial<Step> = {}): Step => ({ line, ...rest });

const RANGE = "--dag-id daily --from-date 2026-01-01 --to-date 2026-01-03";

export const ANYWHERE: readonly Step[] = [
  look("dags list"),
  look("dags details orders"),
  look("dags details oders", 1),
  look("dags next-execution daily"),
  look("dags list-import-errors", 1),
  look("tasks list orders"),
  act("dags trigger orders -r first --wait"),
  act('dags trigger orders -r bad --wait -c {"day":"sunday"}', { code: 1 }),
  act("dags trigger orders -r first", { code: 1 }),
  act("dags trigger orders -r third -o yaml -l none", { ended: ["orders", "third"] }),
  look("dags list-runs orders"),
  look("dags list-runs --state failed"),
  look("dags state orders bad"),
  look("tasks logs orders first load"),
  look("tasks logs orders bad"),
  look("tasks states-for-dag-run orders bad"),
  look("tasks states-for-dag-run orders nothing", 1),
  act("tasks clear orders bad -t load --dry-run"),
  act("tasks clear orders bad -t load", { code: 1 }),
  act("tasks clear orders bad -t load --yes", { ended: ["orders", "bad"] }),
  act("dags clear orders first --dry-run"),
  act("dags clear orders first --yes", { ended: ["orders", "first"] }),
  act("tasks set-state orders bad load success --dry-run"),
  act("tasks set-state orders bad load success"),
  act("dags set-state orders bad success"),
  act("dags trigger question -r asked"),
  act("tasks respond question asked approve Approve", { ended: ["question", "asked"] }),
  look("tasks respond question asked"),
  act("dags delete-run orders bad --yes"),
  act("dags unpause daily"),
  act("dags pause daily"),
  act(`backfill create ${RANGE} --dry-run`),
  act(`backfill create ${RANGE} --no-wait`, { keep: ["backfill", /Backfill (\d+) of daily/] }),
  look("backfill list --dag-id daily"),
  act("backfill pause {backfill}"),
  act("backfill unpause {backfill}"),
  act("backfill cancel {backfill}"),
  look("assets list"),
  look("assets details --name shop"),
  act("assets materialize --name shop -o plain"),
  act("pools set warehouse 2 slots"),
  look("pools list"),
  look("pools get warehouse"),
  look("pools get nothing", 1),
  act("pools export {folder}/pools.json"),
  act("pools import {folder}/pools.json"),
  act("pools delete warehouse"),
  act("connections add db --conn-uri postgres://ann:secret@db.example/x"),
  act("connections create-default-connections"),
  look("connections list"),
  look("connections list --show-values --hide-sensitive"),
  look("connections get db"),
  act("connections test db", { code: 1 }),
  act("connections export {folder}/connections.json"),
  act("connections import {folder}/connections.json --overwrite"),
  act("connections delete db"),
  act("variables set region eu --description where"),
  look("variables list --show-values"),
  act("variables get region"),
  act("variables get nothing", { code: 1 }),
  act("variables export {folder}/variables.json"),
  act("variables import {folder}/variables.json"),
  act("rotate-fernet-key"),
  act("variables delete region"),
  act("webhooks create orders --name shop", { keep: ["webhook", /revoke orders (\S+)/] }),
  look("webhooks list orders"),
  act("webhooks revoke orders {webhook}"),
  act("users create -u bob -e bob@example.org -f Bob -l Lee -r Viewer -p a-long-password-of-bob"),
  look("users list"),
  act("users add-role -u bob -r User"),
  act("users remove-role -u bob -r User"),
  act("users set-password -u bob -p another-password-of-bob"),
  act("roles create analysts"),
  act("roles add-perms analysts -a can_read -r XComs"),
  act("roles del-perms analysts -a can_read -r XComs"),
  look("roles list"),
  look("roles list -p"),
  act("roles delete analysts"),
  act("tokens create nightly --days 2 -u bob", { keep: ["token", /^\w+\.\w+\.(\w+)\./] }),
  look("tokens list -u bob"),
  act("tokens revoke {token} -u bob"),
  act("users delete -u bob"),
  act("db clean --clean-before-timestamp 2026-01-01 --dry-run"),
  act("dags delete question --yes"),
];

/** The others. */
export const ELSEWHERE: Readonly<Record<Exclude<Reach, "anywhere">, readonly string[]>> = {
  here: [
    "init",
    "standalone",
    "dags test x",
    "dags simulate x --from 2026-01-01 --to 2026-01-02",
    "dags compile x.ts",
  ],
  deployment: ["push", "doctor", "undeploy"],
  server: ["login", "logout", "revoke-tokens", "version", "mcp"],
};
