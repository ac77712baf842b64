// A program for the lock's tests: holds the folder named on its command line until it is killed.
import { writeSync } from "node:fs";
import { acquireLock } from "../../src/local/lock.ts";

acquireLock(process.argv[2] ?? "").announce({ url: "http://127.0.0.1:8080" });
writeSync(1, "held\n");
setInterval(() => {}, 60_000);
