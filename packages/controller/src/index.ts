export * from "./api.ts";
export { type ControllerConfig, type ControllerLimits, DEFAULT_CONTROLLER_LIMITS } from "./config.ts";
export { type CommittedMetadata, Controller, type ControllerOptions } from "./controller.ts";
export type { ControllerOutput, ControllerTrace } from "./output.ts";
export { topicConfigsWithoutEffect } from "./topic-config-support.ts";
export { TOPIC_CONFIGS, topicConfigError } from "./topic-configs.ts";
export { topicNameError } from "./topic-name.ts";
