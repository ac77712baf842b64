import { expect, test } from "vitest";
import type { TaskCall } from "../../src/model/task-call.ts";
import { createReadAssetEvents } from "../../src/runtime/asset-events.ts";
import { createClient } from "../../src/runtime/client/create-client.ts";
import { renderTemplate } from "../../src/runtime/render.ts";
import { createTaskContext } from "../../src/runtime/task-context.ts";
import { Dag, graphOf } from "../../src/sdk/dag.ts";
import { scanTemplate } from "../../src/templates/scan.ts";
import { callOf, createMemoryLog, createMemoryServices } from "../runtime/running.ts";

function render(text: string, changes: Partial<TaskCall> = {}): Promise<string> {
  const dag = new Dag("sales", { description: "Daily sales", tags: ["a", "b"] });
  dag.task("own", async () => 1, { owner: "ann", retries: 2 })();
  const [task] = graphOf(dag).placed;
  if (!task) throw new Error("no task");
  const services = createMemoryServices();
  services.variables.set("region", "eu");
  services.variables.set("limits", '{"rows": 5}');
  services.variables.set("ratio", "1.0");
  services.connections.set("db", {
    connId: "db",
    connType: "postgres",
    host: "db.local",
    port: 5432,
    extra: { a: 1 },
  });
  services.xcoms.set("extract.return_value", '{"rows":[1,2]}');
  services.xcoms.set("extract.path", '"/tmp/x"');
  const context = createTaskContext(task, callOf("sales", "own", changes), {
    log: createMemoryLog(),
    signal: new AbortController().signal,
    readAssetEvents: createReadAssetEvents(services),
  });
  return renderTemplate(text, { context, client: createClient(services, "own") });
}

test.each<[string, string]>([
  ["{{ ds }} {{ ds_nodash }}", "2026-01-31 20260131"],
  ["{{ ts }} {{ ts_nodash }}", "2026-01-31T06:00:00+00:00 20260131T060000"],
  ["{{ ts_nodash_with_tz }}", "20260131T060000+0000"],
  ["{{ logical_date }}", "2026-01-31 06:00:00+00:00"],
  ["{{ logical_date.strftime('%d.%m.%y %H:%M') }}", "31.01.26 06:00"],
  ["{{ logical_date.isoformat() }} {{ logical_date.year }}", "2026-01-31T06:00:00+00:00 2026"],
  ["{{ (logical_date - macros.timedelta(days=1)).strftime('%Y-%m-%d') }}", "2026-01-30"],
  ["{{ logical_date + macros.timedelta(hours=2, minutes=30) }}", "2026-01-31 08:30:00+00:00"],
  ["{{ logical_date.add(months=1) | ds }}", "2026-02-28"],
  ["{{ logical_date.subtract(years=1, days=1) | ds_nodash }}", "20250130"],
  ["{{ (data_interval_end - data_interval_start).total_seconds() }}", "0.0"],
  ["{{ data_interval_start | ts_nodash }}", "20260131T060000"],
  ["{{ macros.ds_add(ds, -31) }}", "2025-12-31"],
  ["{{ macros.ds_format(ds, '%Y-%m-%d', '%d/%m/%Y') }}", "31/01/2026"],
  ["{{ macros.datetime.strptime('20260102', '%Y%m%d').day }}", "2"],
  ["{{ run_id }}", "scheduled__2026-01-31T06:00:00+00:00"],
  ["{{ dag.dag_id }}/{{ task.task_id }}/{{ ti.try_number }}", "sales/own/1"],
  ["{{ dag_id }}.{{ task_id }}", "sales.own"],
  ["{{ dag.tags | join('+') }} {{ dag.description }}", "a+b Daily sales"],
  ["{{ task.owner }} {{ task.retries }}", "ann 2"],
  ["{{ dag_run.run_type }} {{ dag_run.logical_date | ds }}", "scheduled 2026-01-31"],
  ["{{ task_instance_key_str }}", "sales__own__20260131"],
  ["{{ ds[:4] }}{{ ds[5:7] }}{{ ds[-2:] }}", "20260131"],
  ["{{ ds.replace('-', '') }} {{ dag_id.upper() }}", "20260131 SALES"],
  ["{{ var.value.region }} {{ var.value['region'] }} {{ var.value.get('region') }}", "eu eu eu"],
  ["{{ var.value.get('none', 'fallback') }}", "fallback"],
  ["{{ var.json.limits.rows + 1 }}", "6"],
  [
    "{{ conn.db.host }} {{ conn.db.conn_type }} {{ conn.db.extra_dejson.a }}",
    "db.local postgres 1",
  ],
  ["{{ ti.xcom_pull(task_ids='extract')['rows'][1] }}", "2"],
  ["{{ task_instance.xcom_pull('extract', key='path') }}", "/tmp/x"],
  ["{{ ti.xcom_pull('gone') }}", "None"],
  ["{{ ti.xcom_pull('gone', default='none yet') }}", "none yet"],
  ["{{ ti.xcom_pull(['extract', 'gone'], key='path') }}", "['/tmp/x', None]"],
  ["{{ ti.xcom_pull(task_ids=('extract',), default=0)[0].rows | sum }}", "3"],
  ["{{ var.json.ratio }} {{ var.json.ratio * 2 }} {{ var.json.limits.rows }}", "1.0 2.0 5"],
  ["{{ conn.get('gone') }} {{ conn.get('db').port }}", "None 5432"],
  ["{{ dag }} {{ dag.tags }}", "<DAG: sales> ['a', 'b']"],
  ["{{ dag_run.conf['message'] if dag_run.conf else 'nothing' }}", "nothing"],
  ["{{ 'x' if params.missing is defined }}|", "|"],
  ["{{ logical_date.in_timezone('Europe/Zurich') }}", "2026-01-31 07:00:00+01:00"],
  ["{% for tag in dag.tags if tag != 'a' %}{{ tag }}{% endfor %}", "b"],
  ["{{ params.days }} {{ params.nil }} {{ params.list }}", "7 None [1, 'a']"],
  ["{{ params.missing | default('x') }} {{ dag_run.conf.a | default('y') }}", "x y"],
  ["{% if params.missing is defined %}a{% else %}b{% endif %}", "b"],
  ["{% for n in params.list %}{{ loop.index }}={{ n }};{% endfor %}", "1=1;2=a;"],
  ["{% set half = params.days / 2 %}{{ half | round(1) }}", "3.5"],
  ["{{ 'yes' if params.days > 5 and True else 'no' }}", "yes"],
  ["{{ params | tojson }}", '{"days": 7, "list": [1, "a"], "nil": null}'],
  ["{{ macros.json.dumps({'a': params.days}) }}", '{"a": 7}'],
  ["<{{ '<b>' }}>{# a comment #}", "<<b>>"],
])("renders %s", async (text, rendered) => {
  expect(await render(text, { params: { days: 7, nil: null, list: [1, "a"] } })).toBe(rendered);
});

test.each<[string, RegExp]>([
  ["{{ params.missing }}", /"params\.missing" is not defined/],
  ["{{ params.missing | upper }}", /"params\.missing" is not defined/],
  ["{{ params.missing.deeper }}", /"params\.missing\.deeper" is not defined/],
  ["{% if params.missing %}a{% endif %}", /"params\.missing" is not defined/],
  ["{{ 'a' ~ params.missing }}", /"params\.missing" is not defined/],
  ["{{ dag_run.conf.day }}", /"dag_run\.conf\.day" is not defined/],
  ["{{ var.value.gone }}", /"var\.value\.gone" is not defined/],
  ["{{ var.value.get('gone') }}", /"var\.value\.get\(…\)" is not defined/],
  ["{{ var.json.region }}", /"var\.json\.region" is not defined/],
  ["{{ conn.gone.host }}", /"conn\.gone\.host" is not defined/],
  ["{{ logical_date.formatt('YYYY') }}", /"logical_date\.formatt" is not defined/],
  ["{{ logical_date + 1 }}", /can't add 2026-01-31 06:00:00\+00:00 and 1/],
  ["{{ macros.ds_add('soon', 1) }}", /"soon" is not a date/],
  ["{{ dss }}", /uses "dss", which templates don't have/],
  ["{{ ti }}", /"ti" has no printed form; name one of its members/],
  ["{{ none + 1 }}", /can't add None and 1 \(NoneType and int\)/],
  ["{{ 1 < 'a' }}", /can't compare the order of 1 and 'a'/],
  ["{{ params.days() }}", /"params\.days" is not defined/],
])("fails %s with the name in the message", async (text, message) => {
  await expect(render(text)).rejects.toThrow(message);
  await expect(render(text)).rejects.toThrow(text.slice(0, 30));
});

test("in a run without a logical date its names fail, and the message says why", async () => {
  const { run } = callOf("sales", "own");
  const manual = { run: { ...run, logicalDate: null } };
  await expect(render("{{ ds }}", manual)).rejects.toThrow(
    /"ds" is not defined; the run has no logical date$/,
  );
  expect(await render("{{ run_id }}", manual)).toContain("scheduled__");
});

test.each<[string, string, string | undefined]>([
  ["{{ dss }}", 'uses "dss", which templates don\'t have', 'did you mean "ds"?'],
  ["{{ execution_date }}", "execution_date", 'it is "logical_date" since Airflow 3'],
  ["{{ dag_run.cnf.x }}", 'uses "dag_run.cnf"', 'did you mean "dag_run.conf"?'],
  ["{{ macros.ds_ad(ds, 1) }}", 'uses "macros.ds_ad"', 'did you mean "macros.ds_add"?'],
  ["{% for x in itmes %}{{ x }}{% endfor %}", 'uses "itmes"', undefined],
  ["{{ ds | upcase }}", 'uses the filter "upcase"', undefined],
  ["{{ foo(1) }}", 'uses "foo"', undefined],
  ["{{ ds", "has bad syntax", undefined],
  ["{% if ds %}", "has bad syntax", undefined],
  ["{% include 'x' %}", "uses include, and there are no other templates", undefined],
  [
    "{{ ti.xcom_pull(task_ids=task_id) }}",
    "with something else than a text",
    'write the name: ti.xcom_pull("name")',
  ],
])("%s is found without rendering", (text, message, hint) => {
  const [problem] = scanTemplate(text).problems;
  expect(problem?.message).toContain(message);
  if (hint) expect(problem?.hint).toBe(hint);
});

test.each([
  "{% set a = 1 %}{{ a + 1 }}",
  "{% for key, value in params.items() %}{{ key }}{{ value }}{{ loop.last }}{% endfor %}",
  "{% macro greet(name, mark='!') %}{{ name }}{{ mark }}{% endmacro %}{{ greet('you') }}",
  "{{ {'a': 1}['a'] }}{{ [1, 2] | sum }}{{ range(3) | join }}",
  "{{ True }}{{ None }}{{ params['x'] is none }}",
])("%s uses only known names", (text) => {
  expect(scanTemplate(text).problems).toEqual([]);
});
