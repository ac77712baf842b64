// No task at all: the run just ends.
import { dag } from "../../reference/documents.ts";

export const document = dag("empty", []);
