import type { ApiMessages, ApiName } from "@samsa/protocol";
import type { Uuid } from "@samsa/stdx";

type Named = { readonly name?: string | null; readonly topic?: string; readonly topicName?: string; readonly topicId?: Uuid };

/** Fields of requests that list topics, in whatever API. */
const TOPIC_LISTS = ["topics", "topicData", "topicPartitions"] as const;

/** The topics that a request is about, by name. An API that is about no topics, or about all of them, names none. */
export function topicsOfRequest(request: ApiMessages[ApiName]["request"], nameOf: (id: Uuid) => string | undefined): ReadonlySet<string> {
  const topics = new Set<string>();
  const add = (one: Named | string): void => {
    if (typeof one === "string") return void topics.add(one);
    const byId = one.topicId === undefined ? undefined : nameOf(one.topicId);
    for (const name of [one.name, one.topic, one.topicName, byId]) if (typeof name === "string" && name !== "") topics.add(name);
  };
  for (const list of TOPIC_LISTS) for (const one of listIn(request, list)) add(one);
  for (const name of listIn(request, "topicNames")) add(name);
  // OffsetFetch, since version 8, asks for several groups at once.
  for (const group of listIn(request, "groups")) if (typeof group === "object") for (const one of listIn(group, "topics")) add(one);
  return topics;
}

function listIn(message: object, field: string): readonly (Named | string)[] {
  const list: unknown = field in message ? (message as Readonly<Record<string, unknown>>)[field] : undefined;
  return Array.isArray(list) ? (list as readonly (Named | string)[]) : [];
}
