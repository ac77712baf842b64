// Check of doctor: what deployments that are gone have left in the region.
import type { Check } from "./doctor-check.ts";
import { describeStray, findStrays } from "./strays.ts";

export const STRAY_CHECK: Check = {
  name: "left behind",
  async run({ clients }) {
    const strays = await findStrays(clients);
    if (strays.length === 0) return [{ level: "ok", message: "nothing belongs to no deployment" }];
    return strays.map((stray) => ({
      level: "warning",
      message: `deployment "${stray.deployment}" is gone and has left: ${describeStray(stray)}`,
      hint: `deploy it again under that name, or remove it: stepwind undeploy --stack ${stray.deployment}`,
    }));
  },
};
