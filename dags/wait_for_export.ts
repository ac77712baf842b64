// A sensor waits for an export: it looks every two seconds, holds nothing in between, and hands on what it found.
import { Dag, getClient, PokeReturnValue } from "stepwind";
import { bash } from "stepwind/operators";

export const dag = new Dag("wait_for_export", { schedule: null, tags: ["example"] });

// Stands for another system that takes its time.
dag.task("export", bash({ bashCommand: "sleep 5; echo orders.csv" }))();

const waitForExport = dag.sensor(
  "wait_for_export",
  async () => {
    const file = await getClient().getXCom<string>({ taskId: "export", key: "return_value" });
    return new PokeReturnValue(file !== null, file);
  },
  { pokeInterval: 2, timeout: "1 minute", softFail: true },
);
const load = dag.task("load", async ({ file }: { file: string | null }) => `loaded ${file}`);

load({ file: waitForExport() });
