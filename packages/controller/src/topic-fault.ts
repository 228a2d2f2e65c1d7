import type { ControllerError } from "./api.ts";

/** What is wrong with one topic, with Kafka's error and in Kafka's words; null where the error says it all. */
export interface TopicFault {
  readonly error: ControllerError;
  readonly message: string | null;
}

export const fault = (error: ControllerError, message: string | null): TopicFault => ({ error, message });
export const isFault = (value: object): value is TopicFault => "error" in value;
