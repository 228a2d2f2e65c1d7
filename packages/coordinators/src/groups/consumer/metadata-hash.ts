import type { PersistentMap } from "@samsa/stdx";
import type { KnownTopic, TopicsView } from "./topics-view.ts";

const FNV_OFFSET = 0x811c_9dc5;
const OTHER_OFFSET = 0x9747_b28c;
const FNV_PRIME = 0x0100_0193;
const OTHER_PRIME = 0x85eb_ca6b;

/**
 * Stands for what there is of some topics: another one where one of them was made, deleted, or given partitions, and the same in every process and in
 * whatever order they are. 0 for nothing. (In Kafka racks count as well; none of the assignors asks for them.)
 */
export function metadataHash(subscribed: PersistentMap<unknown>, topics: TopicsView): bigint {
  let [one, other] = [0, 0];
  for (const [name] of subscribed.entries()) {
    const topic = topics.topicByName(name);
    if (topic === undefined) continue;
    const hashes = hashesOf(topic);
    one = (one + hashes[0]) | 0;
    other = (other + hashes[1]) | 0;
  }
  return (BigInt(other) << 32n) | BigInt(one >>> 0);
}

function hashesOf({ topicId, partitions, name }: KnownTopic): readonly [number, number] {
  let [one, other] = [FNV_OFFSET, OTHER_OFFSET];
  for (const unit of `${topicId} ${partitions.length} ${name}`) {
    const code = unit.charCodeAt(0);
    one = Math.imul(one ^ code, FNV_PRIME);
    other = Math.imul(other ^ code, OTHER_PRIME) ^ (other >>> 15);
  }
  // They are added up: what differs in the last characters has to differ in all bits.
  return [mixed(one), mixed(other)];
}

function mixed(hash: number): number {
  const half = Math.imul(hash ^ (hash >>> 16), OTHER_PRIME);
  return Math.imul(half ^ (half >>> 13), FNV_PRIME) ^ (half >>> 16);
}
