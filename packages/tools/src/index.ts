export { KAFKA_VERSION, type Tool, type ToolIo } from "./tool.ts";
export { TOOLS } from "./tools.ts";
