export * from "./command-log.ts";
