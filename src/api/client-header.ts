// How a program says to the API what it is.

/** By this header the command line and the page name themselves; other programs needn't. */
export const CLIENT_HEADER = "stepwind-client";

/** The program that a request comes from, in Airflow's words for who triggered a run. */
export type Client = "cli" | "ui" | "rest_api";
