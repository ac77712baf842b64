// /parseDagFile: has a DAG file parsed again, whether it was changed or not.

import { requestParsing } from "../../../services/dag-processing/notes/parse-requests.ts";
import { forbidden } from "../../access/forbidden.ts";
import { type Operations, operation } from "../../operation.ts";
import { Problem } from "../../problems.ts";
import { readFileToken } from "../../responses/file-tokens.ts";

export const parseOperations: Operations = ({ platform, onParseRequested }) => [
  operation("reparse_dag_file", {
    permission: "PUT dag",
    async handle({ path, c }) {
      const file = readFileToken(path.file_token);
      const dags = await platform.metadata.dags.listOfFile(file);
      if (dags.length === 0) throw new Problem(404, "File not found");
      if (!dags.every(({ dagId }) => c.var.principal.may("PUT dag", dagId))) {
        throw forbidden("PUT dag");
      }
      await requestParsing(platform, file);
      onParseRequested?.();
      return c.json(null, 201);
    },
  }),
];
