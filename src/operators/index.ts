// The public entry point "stepwind/operators".
export { type BashOptions, bash } from "./bash.ts";
export { empty } from "./control.ts";
