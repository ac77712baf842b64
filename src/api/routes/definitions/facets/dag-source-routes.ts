// /dagSources: the text of the DAG file that a version was made of.
import { readDagCode } from "../../../../services/dag-processing/notes/dag-codes.ts";
import { type Operations, operation } from "../../../operation.ts";
import { Problem } from "../../../problems.ts";
import { wantsText } from "../../../requests/accepted-type.ts";
import { displayNameOf } from "../../../responses/dag-responses.ts";

export const dagSourceOperations: Operations = ({ platform: { metadata } }) => [
  operation("get_dag_source", {
    permission: "GET dag.code",
    query: ["version_number"],
    async handle({ path: { dag_id: dagId }, query, c }) {
      const isText = wantsText(c);
      const number = query.integer("version_number");
      const [newest, ...older] = await metadata.versions.list(dagId);
      const version =
        number === undefined
          ? newest
          : [newest, ...older].find((candidate) => candidate?.number === number);
      if (!version) {
        throw new Problem(
          404,
          `The source code of the DAG ${dagId}, version_number ${number ?? "None"} was not found`,
        );
      }
      const content = (await readDagCode(metadata, version)) ?? null;
      if (isText) return c.text(content ?? "");
      return {
        content,
        dag_id: dagId,
        version_number: version.number,
        dag_display_name: displayNameOf(version.document),
      };
    },
  }),
];
