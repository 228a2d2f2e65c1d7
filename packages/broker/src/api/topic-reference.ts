import type { TopicImage } from "@samsa/metadata";
import type { Uuid } from "@samsa/stdx";
import type { BrokerServices } from "../broker-services.ts";

/** Requests name a topic, or from some version on give its id; the field the version lacks is empty. */
export interface TopicReference {
  readonly name: string;
  readonly topicId: Uuid;
}

export type FoundTopic =
  { readonly topic: TopicImage; readonly error: undefined } | { readonly topic: undefined; readonly error: "UNKNOWN_TOPIC_ID" | "UNKNOWN_TOPIC_OR_PARTITION" };

export function findTopic({ image }: BrokerServices, reference: TopicReference, isById: boolean): FoundTopic {
  const topic = isById ? image.topicById(reference.topicId) : image.topicByName(reference.name);
  if (topic !== undefined) return { topic, error: undefined };
  return { topic, error: isById ? "UNKNOWN_TOPIC_ID" : "UNKNOWN_TOPIC_OR_PARTITION" };
}
