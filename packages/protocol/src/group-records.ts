export * from "./generated/group-records.ts";
