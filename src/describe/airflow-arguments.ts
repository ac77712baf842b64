// Arguments of Airflow that Stepwind doesn't have, by the name that an author would write here,
// with what to use instead (Airflow 3.3: airflow.sdk DAG, BaseOperator, BaseSensorOperator,
// TaskGroup).

const MAIL =
  "mail from onFailureCallback or onRetryCallback, or set up the product's notifications";
const TEMPLATES = "templates have Airflow's own names, filters and macros only";
const DOC = "write Markdown into docMd";
const MACHINE = "there is one kind of worker; leave it out";
const SLA = "use deadline of the DAG or executionTimeout of the task";
const DEADLINE = "use deadline of the DAG";
const PYTHON = "a function task gets its inputs from the call that places it";
const RETRIEVE = "what the function returns is its XCom; return nothing to store none";

const OF_TASKS = {
  taskId: 'the id is the first argument: dag.task("id", …)',
  email: MAIL,
  emailOnFailure: MAIL,
  emailOnRetry: MAIL,
  startDate: "set it on the DAG",
  endDate: "set it on the DAG",
  dag: "the task belongs to the DAG whose task() declares it",
  taskGroup: "declare the task by task() of the group",
  params: "set them on the DAG",
  defaultArgs: "set them on the DAG or a task group",
  sla: SLA,
  preExecute: "use onExecuteCallback",
  postExecute: "use onSuccessCallback",
  resources: MACHINE,
  runAsUser: MACHINE,
  executor: MACHINE,
  executorConfig: MACHINE,
  taskConcurrency: "it is called maxActiveTisPerDag",
  doXcomPush: RETRIEVE,
  multipleOutputs: "return an object; who reads the task can pick a key of it",
  doc: DOC,
  docJson: DOC,
  docYaml: DOC,
  docRst: DOC,
  taskDisplayName: "it is called displayName here",
  loggerName: "leave it out",
  allowNestedOperators: "leave it out",
  renderTemplateAsNativeObj: TEMPLATES,
  deferrable: "leave it out: a sensor holds no worker while it waits",
  pythonCallable: 'give the function itself: dag.task("id", async () => …)',
  opArgs: PYTHON,
  opKwargs: PYTHON,
  templatesDict: PYTHON,
  templatesExts: "import the file as text, or read it in the task",
  showReturnValueInLogs: "leave it out",
  provideContext: "call getContext() in the function",
};

const OF_DAGS = {
  dagId: 'the id is the first argument: new Dag("id", …)',
  concurrency: "it is called maxActiveTasks, and holds for each run",
  templateSearchpath: "import the file as text, or read it beside the DAG file",
  templateUndefined: TEMPLATES,
  userDefinedMacros: TEMPLATES,
  userDefinedFilters: TEMPLATES,
  jinjaEnvironmentKwargs: TEMPLATES,
  renderTemplateAsNativeObj: TEMPLATES,
  slaMissCallback: DEADLINE,
  ownerLinks: "put the links into docMd",
  autoRegister: "export the DAG to deploy it",
  failStop: "it is called failFast",
  dagDisplayName: "it is called displayName here",
  disableBundleVersioning: "leave it out: a run stays on the version that it started with",
  allowedRunTypes: "leave it out",
  scheduleInterval: "it is called schedule",
  timetable: "it is called schedule",
  defaultView: "leave it out",
  orientation: "leave it out",
};

const OF_GROUPS = {
  groupId: 'the id is the first argument: dag.taskGroup("id", …)',
  groupDisplayName: "put the text into tooltip",
  parentGroup: "open the group by taskGroup() of the other one",
  dag: "the group belongs to the DAG whose taskGroup() opens it",
  uiColor: "leave it out",
  uiFgcolor: "leave it out",
  addSuffixOnCollision: "give the group an id of its own",
};

/** What to use instead of an argument that is missing here, by its name in camelCase. */
export type MissingArguments = Readonly<Record<string, string>>;

export const MISSING_OF_TASKS: MissingArguments = OF_TASKS;
export const MISSING_OF_DAGS: MissingArguments = OF_DAGS;
export const MISSING_OF_GROUPS: MissingArguments = OF_GROUPS;

/** "retry_delay" as "retryDelay". */
export function toCamelCase(name: string): string {
  return name.replace(/_+([a-z0-9])/g, (_, letter: string) => letter.toUpperCase());
}
