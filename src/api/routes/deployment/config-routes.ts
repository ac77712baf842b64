// /config: the settings of the deployment. Where they are not exposed, it answers as Airflow does
// with `[api] expose_config` off.
import type { ApiContext } from "../../context.ts";
import type { Schema } from "../../document/shapes.ts";
import { type Operations, operation } from "../../operation.ts";
import { Problem } from "../../problems.ts";
import { wantsText } from "../../requests/accepted-type.ts";
import type { Setting } from "../../settings.ts";

type Config = Schema<"Config">;

export const configOperations: Operations = (context) => [
  operation("get_config", {
    permission: "GET configuration",
    query: ["section"],
    async handle({ query, c }) {
      const isText = wantsText(c);
      const settings = exposed(context);
      const section = query.text("section");
      const shown = settings.filter((each) => section === undefined || each.section === section);
      if (section !== undefined && shown.length === 0) {
        throw new Problem(404, `Section ${section} not found.`);
      }
      const config = toConfig(shown);
      return isText ? c.text(toText(config)) : config;
    },
  }),

  operation("get_config_value", {
    permission: "GET configuration",
    async handle({ path: { section, option }, c }) {
      const isText = wantsText(c);
      const found = exposed(context).filter(
        (each) => each.section === section.toLowerCase() && each.option === option.toLowerCase(),
      );
      if (found.length === 0) throw new Problem(404, `Option [${section}/${option}] not found.`);
      const config = toConfig(found);
      return isText ? c.text(toText(config)) : config;
    },
  }),
];

function exposed({ settings }: ApiContext): readonly Setting[] {
  if (settings) return settings;
  throw new Problem(
    403,
    "Your Airflow administrator chose not to expose the configuration, most likely for security reasons.",
  );
}

function toConfig(settings: readonly Setting[]): Config {
  const sections = Map.groupBy(settings, ({ section }) => section);
  return {
    sections: [...sections].map(([name, options]) => ({
      name,
      options: options.map(({ option, value, isSensitive = false }) => ({
        key: option,
        value: isSensitive ? "< hidden >" : value,
      })),
    })),
  };
}

/** As in Airflow's configuration file. */
function toText({ sections }: Config): string {
  return sections
    .map(({ name, options }) => {
      const lines = options.map(({ key, value }) => `${key} = ${String(value)}\n`);
      return `[${name}]\n${lines.join("")}`;
    })
    .join("\n");
}
