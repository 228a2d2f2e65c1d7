import type { AssignorName, GroupConsumerOptions } from "@samsa/client";

/**
 * A group of consumers that reads the workload's topic, processes what it reads and commits that; with `enableAutoCommit` its consumers commit by themselves,
 * and what a poll gave is processed just before the next one.
 */
export interface GroupLoad {
  readonly groupId: string;
  readonly members: number;
  /** In order of preference; every other member prefers them the other way round. */
  readonly partitionAssignmentStrategy: readonly AssignorName[];
  /** Each member has an instance's name of its own, which whoever takes its place has again (KIP-345). */
  readonly isStatic: boolean;
  /** A member commits what it has processed so often, and when it gives partitions up. */
  readonly commitEveryMs: number;
  /** So often, on average, a member leaves, dies, is too slow or comes back; without it they stay. */
  readonly churnEveryMs?: number;
  /** So often, on average, a member stops reading one of its partitions (`pause`), until the next time or until all is calm. */
  readonly pauseEveryMs?: number;
  /** So often, on average, a member goes back in one of its partitions (`seek`), somewhere or to the beginning; until all is calm. */
  readonly seekEveryMs?: number;
  /** When all is read and committed the members stay so long, and do nothing but belong to the group, before they are asked what is committed. */
  readonly idleMs?: number;
  readonly consumer: Partial<Omit<GroupConsumerOptions, "groupId">>;
}

export const GROUP_LOAD_DEFAULTS = {
  members: 2,
  partitionAssignmentStrategy: ["range"],
  isStatic: false,
  commitEveryMs: 500,
  consumer: {},
} as const satisfies Partial<GroupLoad>;

/** Short ones: in a minute of faults many rebalances fit. */
export const GROUP_TIMES = {
  sessionTimeoutMs: 3_000,
  heartbeatIntervalMs: 500,
  maxPollIntervalMs: 6_000,
  autoOffsetReset: "earliest",
  enableAutoCommit: false,
  defaultApiTimeoutMs: 8_000,
  closeTimeoutMs: 3_000,
} as const satisfies Partial<GroupConsumerOptions>;
