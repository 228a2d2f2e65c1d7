import type { ControllerError } from "./api.ts";

/** What is wrong with one topic, with Kafka's error and in Kafka's words. */
export interface TopicFault {
  readonly error: ControllerError;
  readonly message: string;
}

export const fault = (error: ControllerError, message: string): TopicFault => ({ error, message });
export const isFault = (value: object): value is TopicFault => "error" in value;
