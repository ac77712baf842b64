// What answers say in headers besides Airflow's bodies, for the command line.

/** The product's version, on every JSON answer: whatever has none is another server. */
export const VERSION_HEADER = "stepwind-version";

/** Of a 403: what the caller would need, such as "can_edit on DAGs", separated by commas. */
export const PERMISSION_HEADER = "stepwind-permission";
