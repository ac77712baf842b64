// The files of a new project, as `stepwind init` writes them.

export interface ProjectFile {
  readonly path: string;
  readonly text: string;
}

export interface Project {
  readonly name: string;
  /** What npm installs Stepwind from, for package.json. */
  readonly stepwind: string;
  /** Whether the project brings its own Node, because the machine's is too old. */
  readonly bringsNode: boolean;
}

export function projectFiles(project: Project): readonly ProjectFile[] {
  return [
    { path: "package.json", text: toJson(packageJson(project)) },
    { path: "tsconfig.json", text: toJson(TSCONFIG) },
    { path: "dags/hello_world.ts", text: HELLO_WORLD },
    { path: ".gitignore", text: "node_modules/\n.stepwind/\n" },
    { path: "README.md", text: readme(project.name) },
  ];
}

function packageJson({ name, stepwind, bringsNode }: Project) {
  return {
    name,
    version: "0.1.0",
    private: true,
    type: "module",
    scripts: {
      start: "stepwind standalone",
      check: "tsc",
      test: "stepwind dags test hello_world",
    },
    dependencies: { stepwind },
    devDependencies: {
      ...(bringsNode ? { node: "^24.0.0" } : {}),
      typescript: "^7.0.0",
      "@types/node": "^24.0.0",
    },
    allowScripts: { ...(bringsNode ? { node: true } : {}), ...scriptsOf(stepwind) },
  };
}

/**
 * Which install scripts npm may run. Of a linked checkout it asks about "prepare", which has run
 * there; it names the checkout by the way from node_modules.
 */
function scriptsOf(stepwind: string): Readonly<Record<string, boolean>> {
  const isLink = stepwind.startsWith("file:") && !stepwind.endsWith(".tgz");
  return isLink ? { [stepwind.replace("file:", "file:../")]: false } : { esbuild: true };
}

const TSCONFIG = {
  compilerOptions: {
    target: "es2024",
    module: "nodenext",
    types: ["node"],
    strict: true,
    noUncheckedIndexedAccess: true,
    verbatimModuleSyntax: true,
    erasableSyntaxOnly: true,
    allowImportingTsExtensions: true,
    skipLibCheck: true,
    noEmit: true,
  },
  include: ["dags"],
};

const HELLO_WORLD = `// A first DAG: a shell task, then a function that reads what it printed.
import { Dag } from "stepwind";
import { bash } from "stepwind/operators";

export const dag = new Dag("hello_world", {
  schedule: "0 6 * * *", // every day at 06:00 UTC
  startDate: "2026-01-01",
  tags: ["example"],
  defaultArgs: { retries: 3, retryDelay: "5 minutes" },
});

const printHello = dag.task("print_hello", bash({ bashCommand: "echo Hello" }));
const printWorld = dag.task("print_world", async ({ greeting }: { greeting: string }) => {
  console.log(\`\${greeting} world\`);
  return \`\${greeting} world\`;
});

// An input is an edge: print_hello runs first.
printWorld({ greeting: printHello() });
`;

function readme(name: string): string {
  return `# ${name}

DAGs for Stepwind. Each file in \`dags/\` that exports a \`Dag\` is one.

\`\`\`sh
npm install
npm start                                      # run all DAGs on their schedules
npx stepwind dags test hello_world             # run one now, in the terminal
npx stepwind dags trigger hello_world --wait   # start a run on the server
npx stepwind --help
\`\`\`
`;
}

function toJson(value: unknown): string {
  return `${JSON.stringify(value, null, 2)}\n`;
}
