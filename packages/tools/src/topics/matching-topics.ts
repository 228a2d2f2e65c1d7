import { isInternalTopic, topicFilter } from "../admin/topic-filter.ts";
import { listTopics } from "../admin/topics.ts";
import type { ParsedOptions } from "../command-line/option.ts";
import { illegalArgument } from "../java-exception.ts";
import type { Session } from "../session/session.ts";

/** Names of the topics that the options speak of, sorted. Throws where there must be one and is none. */
export async function matchingTopics(session: Session, parsed: ParsedOptions): Promise<readonly string[]> {
  const names = await listedTopics(session, parsed);
  const wanted = parsed.valueOf("topic") ?? "";
  if (names.length === 0 && wanted !== "" && !parsed.has("if-exists")) throw illegalArgument(`Topic '${wanted}' does not exist as expected`);
  return names;
}

/** The same, where none is well, too. */
export async function listedTopics(session: Session, parsed: ParsedOptions): Promise<readonly string[]> {
  const wanted = parsed.valueOf("topic");
  const isWanted = wanted === undefined ? () => true : topicFilter(wanted);
  const isInternalLeftOut = parsed.has("exclude-internal");
  const listed = await listTopics(session);
  return listed.map(({ name }) => name).filter((name) => isWanted(name) && !(isInternalLeftOut && isInternalTopic(name)));
}
