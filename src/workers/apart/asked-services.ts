// What a task may ask of the product, as questions to the Execution API.
import type { Connection, TaskServices } from "../../model/task-services.ts";
import type { ExecutionApi, Question } from "../../ports/execution-api.ts";

export function createAskedServices(
  api: Pick<ExecutionApi, "ask">,
  capability: string,
): TaskServices {
  const ask = (question: Question) => api.ask(capability, question);

  async function askText(question: Question): Promise<string | undefined> {
    const answer = await ask(question);
    return typeof answer === "object" ? unexpected(question, answer) : answer;
  }

  return {
    getVariable: (key) => askText({ method: "getVariable", args: { key } }),
    async setVariable(key, value) {
      await ask({ method: "setVariable", args: { key, value } });
    },
    async getConnection(connId) {
      const question: Question = { method: "getConnection", args: { connId } };
      const answer = await ask(question);
      return typeof answer === "string" ? unexpected(question, answer) : answer;
    },
    getXCom: (query) => askText({ method: "getXCom", args: query }),
    async setXCom(key, value) {
      await ask({ method: "setXCom", args: { key, value } });
    },
    getTaskState: (key) => askText({ method: "getTaskState", args: { key } }),
    async getAssetEvents(query) {
      return (await askText({ method: "getAssetEvents", args: query })) ?? "[]";
    },
    getAssetState: (query) => askText({ method: "getAssetState", args: query }),
    async putAssetState(change) {
      await ask({ method: "putAssetState", args: change });
    },
    async clearAssetState(which) {
      await ask({ method: "clearAssetState", args: which });
    },
    async putTaskState(key, value) {
      const args = value === undefined ? { key } : { key, value };
      await ask({ method: "putTaskState", args });
    },
  };
}

function unexpected({ method }: Question, answer: string | Connection): never {
  throw new Error(`The Execution API answered ${method} with ${typeof answer}`);
}
