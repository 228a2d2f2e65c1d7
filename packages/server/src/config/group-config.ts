import { type BrokerConfig, GROUP_ASSIGNORS, MIGRATION_POLICIES } from "@samsa/broker";

/** The configuration that is read, and what is found to be wrong with it. */
interface GroupValues {
  integer(name: string): number;
  optional(name: string): string | undefined;
  required(name: string): string;
  fail(name: string, because: string): void;
}

const MINUTE_MS = 60_000;

/** What groups need of a node's configuration. */
export function groupConfig(values: GroupValues): BrokerConfig["groups"] {
  return {
    minSessionTimeoutMs: values.integer("group.min.session.timeout.ms"),
    maxSessionTimeoutMs: values.integer("group.max.session.timeout.ms"),
    initialRebalanceDelayMs: values.integer("group.initial.rebalance.delay.ms"),
    maxSize: values.integer("group.max.size"),
    offsetMetadataMaxBytes: values.integer("offset.metadata.max.bytes"),
    offsetsRetentionMs: values.integer("offsets.retention.minutes") * MINUTE_MS,
    offsetsRetentionCheckIntervalMs: values.integer("offsets.retention.check.interval.ms"),
    offsetsCommitTimeoutMs: values.integer("offsets.commit.timeout.ms"),
    consumer: {
      sessionTimeoutMs: between(values, "session.timeout.ms"),
      heartbeatIntervalMs: between(values, "heartbeat.interval.ms"),
      sessionTimeoutLimits: limitsOf(values, "session.timeout.ms"),
      heartbeatIntervalLimits: limitsOf(values, "heartbeat.interval.ms"),
      assignmentIntervalMs: values.integer("group.consumer.assignment.interval.ms"),
      maxSize: values.integer("group.consumer.max.size"),
      assignors: assignorsOf(values),
      migrationPolicy: MIGRATION_POLICIES.find((policy) => policy === values.optional("group.consumer.migration.policy")) ?? "bidirectional",
    },
  };
}

/** Of consumer groups: a value between the two that bound what groups may be given. */
function between(values: GroupValues, name: string): number {
  const value = values.integer(`group.consumer.${name}`);
  const { min, max } = limitsOf(values, name);
  if (value < min || value > max)
    values.fail(`group.consumer.${name}`, `is ${value}; it must be from group.consumer.min.${name} (${min}) to group.consumer.max.${name} (${max})`);
  return value;
}

const limitsOf = (values: GroupValues, name: string): { readonly min: number; readonly max: number } => ({
  min: values.integer(`group.consumer.min.${name}`),
  max: values.integer(`group.consumer.max.${name}`),
});

/** By name, or as Kafka also has it, by the class. */
function assignorsOf(values: GroupValues): readonly string[] {
  const key = "group.consumer.assignors";
  const names = values
    .required(key)
    .split(",")
    .map((name) => name.trim().replace(/^org\.apache\.kafka\.coordinator\.group\.assignor\.(Uniform|Range)Assignor$/, (_, kind: string) => kind.toLowerCase()));
  const unknown = names.find((name) => !GROUP_ASSIGNORS.includes(name));
  if (unknown !== undefined) values.fail(key, `names ${JSON.stringify(unknown)}; there are ${GROUP_ASSIGNORS.join(" and ")}`);
  if (new Set(names).size < names.length) values.fail(key, "names an assignor twice");
  return names;
}
