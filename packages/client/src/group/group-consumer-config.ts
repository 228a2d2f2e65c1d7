import { invariant } from "@samsa/stdx";
import { CONSUMER_DEFAULTS, type ConsumerConfig } from "../consumer/consumer-config.ts";
import type { AssignorName } from "./assignors/all.ts";
import { ASSIGNORS } from "./assignors/all.ts";

/** Settings of a consumer in a group under Kafka's names; defaults are Kafka's. */
export interface GroupConsumerConfig extends ConsumerConfig {
  readonly groupId: string;
  /** `group.instance.id`: a static member, whose partitions wait for it while it is away (KIP-345); null: a dynamic one. */
  readonly groupInstanceId: string | null;
  /** In order of preference; the group takes one that all its members have. Cooperative only if each of them is (KIP-429). */
  readonly partitionAssignmentStrategy: readonly AssignorName[];
  readonly sessionTimeoutMs: number;
  readonly heartbeatIntervalMs: number;
  /** So long the program may be between two polls, and so long the group waits for a member in a rebalance. */
  readonly maxPollIntervalMs: number;
  /** A poll gives at most so many; what more was fetched waits for the next one. */
  readonly maxPollRecords: number;
  readonly enableAutoCommit: boolean;
  readonly autoCommitIntervalMs: number;
  /** How long `close` waits for the program, its commits and the coordinator; Java's `close()` waits so long. */
  readonly closeTimeoutMs: number;
  /** Commits that have no outcome yet; `commit` takes no more. */
  readonly maxPendingCommits: number;
}

export const GROUP_CONSUMER_DEFAULTS: Omit<GroupConsumerConfig, "groupId"> = {
  ...CONSUMER_DEFAULTS,
  groupInstanceId: null,
  partitionAssignmentStrategy: ["range", "cooperative-sticky"],
  sessionTimeoutMs: 45_000,
  heartbeatIntervalMs: 3_000,
  maxPollIntervalMs: 300_000,
  maxPollRecords: 500,
  enableAutoCommit: true,
  autoCommitIntervalMs: 5_000,
  closeTimeoutMs: 30_000,
  maxPendingCommits: 1_000,
};

/** What must be given; the rest has defaults. */
export type GroupConsumerOptions = Pick<GroupConsumerConfig, "groupId"> & Partial<GroupConsumerConfig>;

export function groupConsumerConfig(options: GroupConsumerOptions): GroupConsumerConfig {
  const config = { ...GROUP_CONSUMER_DEFAULTS, ...options };
  invariant(config.groupId !== "", "a consumer in a group names the group");
  invariant(config.partitionAssignmentStrategy.length > 0, "a member can assign in some way", { groupId: config.groupId });
  invariant(config.maxPollRecords > 0, "a poll may give something", { groupId: config.groupId });
  invariant(config.heartbeatIntervalMs < config.sessionTimeoutMs, "a session outlives a heartbeat", { groupId: config.groupId });
  return config;
}

/** Members keep what they own while they join again: only if whichever strategy the group takes has them do so. */
export const isCooperative = ({ partitionAssignmentStrategy }: GroupConsumerConfig): boolean =>
  partitionAssignmentStrategy.every((name) => ASSIGNORS[name].isCooperative);
