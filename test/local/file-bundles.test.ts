// Files pass the contract of the bundle store.
import { join } from "node:path";
import { createFileBundles } from "../../src/local/file-bundles.ts";
import { bundlesContract } from "../contract/bundles.ts";
import { temporaryFolder } from "./temporary-folder.ts";

bundlesContract("files", async () => createFileBundles(join(temporaryFolder(), "bundles")));
