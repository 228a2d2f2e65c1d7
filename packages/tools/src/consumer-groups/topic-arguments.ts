import type { TopicPartition } from "../admin/ask-leaders.ts";
import { illegalArgument } from "../java-exception.ts";

/** `topic:0,1` rather than `topic`. */
export const isWithPartitions = (argument: string): boolean => argument.includes(":");

/** What `topic:0,1` names. Throws where it names nothing. */
export function partitionsOfArgument(argument: string): readonly TopicPartition[] {
  const [topic, partitions, ...more] = withoutLastEmpty(argument.split(":"));
  if (topic === undefined || partitions === undefined || more.length > 0)
    throw illegalArgument(`Invalid topic arg '${argument}', expected topic name and partitions`);
  return withoutLastEmpty(partitions.split(",")).map((text) => {
    if (!/^[+-]?\d+$/.test(text) || Number(text) !== (Number(text) | 0))
      throw illegalArgument(`Invalid partition '${text}' specified in topic arg '${argument}''`);
    return { topic, partition: Number(text) };
  });
}

/** As Java splits: what is empty at the end is left out. */
function withoutLastEmpty(parts: readonly string[]): readonly string[] {
  return parts.slice(0, parts.findLastIndex((part) => part !== "") + 1);
}
