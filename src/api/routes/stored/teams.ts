// Airflow's teams, which Stepwind doesn't have: as in an Airflow where they are switched off.
import { InvalidRequest } from "../../problems.ts";

export function refuseTeam(team: string | null | undefined): void {
  if (team === null || team === undefined) return;
  throw new InvalidRequest([
    {
      type: "value_error",
      loc: ["body", "team_name"],
      msg: "Value error, team_name cannot be set when multi_team mode is disabled. Please contact your administrator.",
      input: team,
    },
  ]);
}
