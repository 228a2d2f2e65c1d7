import { type ConfigEntry, ConfigSource, typeNumber } from "./config-entry.ts";

type Type = "BOOLEAN" | "STRING" | "INT" | "LIST";
/** `synonym`: the broker config that it goes by. */
type Row = readonly [name: string, type: Type, value: string, about: string, synonym?: string];

/** Configs of a subscription to clients' metrics (KIP-714) that nobody has made: Kafka shows the defaults. */
export const CLIENT_METRICS_CONFIGS: readonly ConfigEntry[] = entries([
  ["interval.ms", "INT", "300000", "Time between two reports of a client."],
  ["match", "LIST", "", "Which clients report: patterns of what they say of themselves."],
  ["metrics", "LIST", "", "Which metrics are reported: their prefixes."],
]);

/** Configs of kinds of groups that are not there, so that nobody has set any: Kafka shows the defaults. */
export const UNSET_GROUP_CONFIGS: readonly ConfigEntry[] = entries([
  ["share.assignment.interval.ms", "INT", "1000", "Shortest time between two assignments.", "group.share.assignment.interval.ms"],
  ["share.auto.offset.reset", "STRING", "latest", "Where a share group begins.", "share.auto.offset.reset"],
  ["share.delivery.count.limit", "INT", "5", "How often a record is delivered at most.", "group.share.delivery.count.limit"],
  ["share.heartbeat.interval.ms", "INT", "5000", "Time between two heartbeats of a share group's member.", "group.share.heartbeat.interval.ms"],
  ["share.isolation.level", "STRING", "read_uncommitted", "Whether records of open transactions are delivered.", "share.isolation.level"],
  ["share.partition.max.record.locks", "INT", "2000", "Records of a partition that may be out at a time.", "group.share.partition.max.record.locks"],
  ["share.record.lock.duration.ms", "INT", "30000", "How long a record is out before it is delivered again.", "group.share.record.lock.duration.ms"],
  ["share.renew.acknowledge.enable", "BOOLEAN", "true", "Whether a member may keep a record for longer.", "share.renew.acknowledge.enable"],
  ["share.session.timeout.ms", "INT", "45000", "Time without heartbeats after which a member is out.", "group.share.session.timeout.ms"],
  ["streams.assignment.interval.ms", "INT", "1000", "Shortest time between two assignments.", "group.streams.assignment.interval.ms"],
  ["streams.heartbeat.interval.ms", "INT", "5000", "Time between two heartbeats of a streams group's member.", "group.streams.heartbeat.interval.ms"],
  ["streams.initial.rebalance.delay.ms", "INT", "3000", "Time that a new group waits for more members.", "group.streams.initial.rebalance.delay.ms"],
  ["streams.num.standby.replicas", "INT", "0", "Standby replicas of each task.", "group.streams.num.standby.replicas"],
  ["streams.session.timeout.ms", "INT", "45000", "Time without heartbeats after which a member is out.", "group.streams.session.timeout.ms"],
]);

function entries(rows: readonly Row[]): readonly ConfigEntry[] {
  return rows.map(([name, type, value, about, synonym]) => ({
    name,
    value,
    readOnly: false,
    configSource: ConfigSource.DEFAULT,
    isSensitive: false,
    synonyms: synonym === undefined ? [] : [{ name: synonym, value, source: ConfigSource.DEFAULT }],
    configType: typeNumber({ type }),
    documentation: about,
  }));
}
