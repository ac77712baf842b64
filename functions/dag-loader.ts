// The DAG loader: imports a bundle where it can do no harm, and returns what its DAGs draw.
import type { Context } from "aws-lambda";
import type { LoaderAnswer, LoaderEvent } from "../src/aws/lambda/lambda-dag-loader.ts";
import { loadInThread } from "../src/aws/lambda/load-in-thread.ts";

export function handler(event: LoaderEvent, context: Context): Promise<LoaderAnswer> {
  return loadInThread(event, { memoryMb: Number(context.memoryLimitInMB) });
}
