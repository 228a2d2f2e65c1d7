export * from "./generated/consumer-protocol.ts";
