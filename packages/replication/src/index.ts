export * from "./replica-log.ts";
