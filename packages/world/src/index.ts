export * from "./effect.ts";
export * from "./fault-plan.ts";
export * from "./faults/index.ts";
export * from "./input.ts";
export * from "./machine.ts";
export * from "./outbox.ts";
export * from "./ports.ts";
export * from "./trace.ts";
export { Shell } from "./shell.ts";
