import type { BrokerConfigDefinition } from "./broker-config-definition.ts";

/** Kafka's broker configs of groups and of the topic that they are kept in. */
export const GROUP_BROKER_CONFIGS: readonly (readonly [string, BrokerConfigDefinition])[] = [
  [
    "group.consumer.assignment.interval.ms",
    { type: { type: "INT", min: 0 }, default: "1000", isDynamic: false, about: "Shortest time between two assignments of a consumer group." },
  ],
  [
    "group.consumer.assignors",
    {
      type: { type: "LIST" },
      default: "uniform,range",
      isDynamic: false,
      about: "Assignors of consumer groups; the first is for groups whose members ask for none.",
    },
  ],
  [
    "group.consumer.heartbeat.interval.ms",
    { type: { type: "INT", min: 1 }, default: "5000", isDynamic: false, about: "Time between two heartbeats of a consumer group's member." },
  ],
  [
    "group.consumer.max.heartbeat.interval.ms",
    { type: { type: "INT", min: 1 }, default: "15000", isDynamic: false, about: "Longest time between two heartbeats that a consumer group may be given." },
  ],
  [
    "group.consumer.max.session.timeout.ms",
    { type: { type: "INT", min: 1 }, default: "60000", isDynamic: false, about: "Longest session time-out that a consumer group may be given." },
  ],
  ["group.consumer.max.size", { type: { type: "INT", min: 1 }, default: "2147483647", isDynamic: false, about: "Most members of a consumer group." }],
  [
    "group.consumer.migration.policy",
    {
      type: { type: "STRING", oneOf: ["disabled", "downgrade", "upgrade", "bidirectional"] },
      default: "bidirectional",
      isDynamic: false,
      about: "Whether classic groups become consumer groups with their first such member, and the other way round with the last one's leaving.",
    },
  ],
  [
    "group.consumer.min.heartbeat.interval.ms",
    { type: { type: "INT", min: 1 }, default: "5000", isDynamic: false, about: "Shortest time between two heartbeats that a consumer group may be given." },
  ],
  [
    "group.consumer.min.session.timeout.ms",
    { type: { type: "INT", min: 1 }, default: "45000", isDynamic: false, about: "Shortest session time-out that a consumer group may be given." },
  ],
  [
    "group.consumer.session.timeout.ms",
    { type: { type: "INT", min: 1 }, default: "45000", isDynamic: false, about: "Time without heartbeats after which a member of a consumer group is out." },
  ],
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
