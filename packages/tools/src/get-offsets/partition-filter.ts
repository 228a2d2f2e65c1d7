import type { TopicPartition } from "../admin/ask-leaders.ts";
import { topicFilter } from "../admin/topic-filter.ts";
import type { ParsedOptions } from "../command-line/option.ts";
import { terse } from "../command-line/usage.ts";
import { JavaException } from "../java-exception.ts";
import { RULE } from "./offset-options.ts";

type Filter = (one: TopicPartition) => boolean;

const ANY_TOPIC = ".*";
const WHOLE_RULE = new RegExp(`^${RULE.source}$`);

/** Which partitions the options speak of. Throws where they can't be understood. */
export function partitionFilter(parsed: ParsedOptions): Filter {
  const rules = parsed.valueOf("topic-partitions");
  if (rules === undefined) return byTopicAndPartitions(parsed.valueOf("topic") ?? ANY_TOPIC, parsed.valueOf("partitions") ?? "");
  const filters = rules.split(",").map(byRule);
  return (one) => filters.some((filter) => filter(one));
}

function byTopicAndPartitions(topics: string, list: string): Filter {
  const isWanted = topicFilter(topics);
  const ids = list === "" ? [] : list.split(",");
  if (!ids.every((id) => /^[+-]?\d+$/.test(id)))
    throw terse(`Error occurred: --partitions expects a comma separated list of numeric partition ids, but received: ${list}`);
  const partitions = new Set(ids.map(Number));
  return ({ topic, partition }) => isWanted(topic) && (partitions.size === 0 || partitions.has(partition));
}

function byRule(rule: string): Filter {
  const match = WHOLE_RULE.exec(rule);
  if (match === null) {
    const cause = new JavaException("org.apache.kafka.tools.TerseException", `Invalid rule specification: ${rule}`);
    throw new JavaException("java.lang.RuntimeException", cause.toString(), { cause });
  }
  const [, topics, only, lower, upper] = match;
  const isWanted = topicFilter(topics || ANY_TOPIC);
  const from = Number(only || lower || 0);
  const end = only ? from + 1 : upper ? Number(upper) : Number.POSITIVE_INFINITY;
  return ({ topic, partition }) => isWanted(topic) && partition >= from && partition < end;
}
