// stepwind dags compile: prints the Amazon States Language that a DAG file becomes.

import { dirname } from "node:path";
import { compile } from "../../../compiler/compile.ts";
import { LOCAL_FUNCTIONS } from "../../../local/interpreter-state-machines.ts";
import { chooseDag, openScratch, placeOf, showMistakes } from "../../scratch.ts";
import type { Session } from "../../session.ts";
import { Failure } from "../../terminal/failure.ts";

export async function printCompiled(
  session: Session,
  { file, dagId }: { readonly file: string; readonly dagId: string | undefined },
): Promise<void> {
  const place = await placeOf(session, { file });
  if (!place) throw new Failure(`There is no file ${file}`);
  const scratch = await openScratch(place);
  try {
    showMistakes(session, scratch.files, dirname(file));
    const { document } = chooseDag(scratch.versions, { dagId, where: file });
    const { definition } = compile(document, { functions: LOCAL_FUNCTIONS });
    session.terminal.out(`${JSON.stringify(definition, null, 2)}\n`);
  } finally {
    await scratch.close();
  }
}
