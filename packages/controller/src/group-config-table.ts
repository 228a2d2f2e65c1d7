import type { BrokerConfigDefinition } from "./broker-config-definition.ts";

/** Kafka's broker configs of groups and of the topic that they are kept in. */
export const GROUP_BROKER_CONFIGS: readonly (readonly [string, BrokerConfigDefinition])[] = [
  [
    "group.initial.rebalance.delay.ms",
    {
      type: { type: "INT" },
      default: "3000",
      isDynamic: false,
      about: "Time that a group without members waits for more of them before its first generation.",
    },
  ],
  [
    "group.max.session.timeout.ms",
    { type: { type: "INT" }, default: "1800000", isDynamic: false, about: "Longest session time-out that a member of a classic group may ask for." },
  ],
  ["group.max.size", { type: { type: "INT", min: 1 }, default: "2147483647", isDynamic: false, about: "Most members of a classic group." }],
  [
    "group.min.session.timeout.ms",
    { type: { type: "INT" }, default: "6000", isDynamic: false, about: "Shortest session time-out that a member of a classic group may ask for." },
  ],
  ["offset.metadata.max.bytes", { type: { type: "INT" }, default: "4096", isDynamic: false, about: "Longest metadata that may be committed with an offset." }],
  [
    "offsets.commit.timeout.ms",
    { type: { type: "INT", min: 1 }, default: "5000", isDynamic: false, about: "Time until a commit of offsets that replicas have not confirmed is given up." },
  ],
  [
    "offsets.retention.check.interval.ms",
    { type: { type: "LONG", min: 1 }, default: "600000", isDynamic: false, about: "Time between two looks for offsets that have expired." },
  ],
  [
    "offsets.retention.minutes",
    {
      type: { type: "INT", min: 1 },
      default: "10080",
      isDynamic: false,
      about: "Time that committed offsets are kept after the last member of their group has gone.",
    },
  ],
  [
    "offsets.topic.num.partitions",
    { type: { type: "INT", min: 1 }, default: "50", isDynamic: false, about: "Partitions of the topic that groups are kept in." },
  ],
  [
    "offsets.topic.replication.factor",
    { type: { type: "SHORT", min: 1 }, default: "3", isDynamic: false, about: "Replicas of the topic that groups are kept in." },
  ],
  [
    "offsets.topic.segment.bytes",
    { type: { type: "INT", min: 1 }, default: "104857600", isDynamic: false, about: "Size of the segments of the topic that groups are kept in." },
  ],
];
