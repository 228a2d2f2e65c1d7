/** What can be wrong with a history; each has one file or function that finds it. */
export type AnomalyName =
  /** Acknowledged, and absent from a final read that went to the end. */
  | "lost"
  /** Acknowledged, and beyond what the final read reached. */
  | "unseen"
  /** One value at more than one offset. */
  | "duplicated"
  /** One process sent two records to one partition, both on the way at once, and they lie the other way round. */
  | "reordered"
  /** A record lies before one that was acknowledged before it was even sent. */
  | "realtime-reordered"
  /** A reader was given an offset at or below one it had, without being told to go back. */
  | "nonmonotonic-poll"
  /** A reader was told an end of the log below what it knew when it asked. */
  | "nonmonotonic-end"
  /** A record that nobody wrote, that is mangled, or whose write certainly failed. */
  | "phantom"
  /** One offset, two values. */
  | "inconsistent-offset"
  /** Acknowledged at an offset, and read at another one only. */
  | "misplaced"
  /** A reader was not given an offset between two others, and no acknowledged value is known to have been there. */
  | "offset-gap"
  /** Nothing was proved: no send was acknowledged, or no final read of a partition with acknowledged sends reached its end. */
  | "no-evidence";

export const ANOMALY_NAMES: readonly AnomalyName[] = [
  "lost",
  "unseen",
  "duplicated",
  "reordered",
  "realtime-reordered",
  "nonmonotonic-poll",
  "nonmonotonic-end",
  "phantom",
  "inconsistent-offset",
  "misplaced",
  "offset-gap",
  "no-evidence",
];

export interface Anomaly {
  readonly name: AnomalyName;
  /** Empty where it concerns the whole history. */
  readonly topic: string;
  /** −1 where it concerns the whole history. */
  readonly partition: number;
  readonly offset?: number;
  readonly value?: number;
  /** Of a lost value: another one lies at its offset, or was sent later and read there. */
  readonly isReplaced?: boolean;
  /** When the value was sent whose place is in doubt, in microseconds of the history's clock: of a disorder, the earlier one of the two. */
  readonly sentUs?: number;
  /** When it was acknowledged; undefined: it was not. */
  readonly ackedUs?: number;
  /** Of two of one process that lie the other way round, when the later one was acknowledged. */
  readonly laterCompletedUs?: number;
  /** Of two that lie the other way round, though in order where they were acknowledged: where the earlier one must have lain before the later one's other copy. */
  readonly firstCopyOffset?: number;
  /** A sentence in words. */
  readonly detail: string;
}

/** Acknowledged records that are not there any more, or not where they were. */
export const LOSSES: ReadonlySet<AnomalyName> = new Set(["lost", "unseen", "misplaced"]);

/**
 * | kind | what takes records, or their order, by leave |
 * |---|---|
 * | acks-0 | nobody promised anything |
 * | acks-1 | the leader that acknowledged them is followed by one that lacks them |
 * | unclean-election | a leader was elected that lacks what was committed |
 * | deletion | the topic's settings, or an operator |
 * | retry | a producer without idempotence sent again |
 * | fault | another fault of the run |
 */
export const LEAVE_KINDS = ["acks-0", "acks-1", "unclean-election", "deletion", "retry", "fault"] as const;
export type LeaveKind = (typeof LEAVE_KINDS)[number];

/** Why an anomaly is no violation. */
export interface Leave {
  readonly kind: LeaveKind;
  /** A clause in words. */
  readonly because: string;
}

/** An anomaly that the configuration or the faults of the run allow: shown, never called clean, never a violation. */
export interface PermittedAnomaly extends Anomaly {
  readonly because: string;
}

export interface VerdictCounts {
  readonly sends: number;
  readonly acked: number;
  readonly failed: number;
  readonly unknown: number;
  readonly polledRecords: number;
  readonly finalReadRecords: number;
  readonly finalReadsOk: number;
  readonly partitions: number;
  /** All that was found, also beyond the examples that a verdict keeps. */
  readonly anomalies: Readonly<Record<AnomalyName, number>>;
  readonly permitted: Readonly<Record<AnomalyName, number>>;
  /** Those of `permitted` that are losses, by what they are permitted by. */
  readonly permittedLosses: Readonly<Record<LeaveKind, number>>;
}

/**
 * | conclusion | what was found |
 * |---|---|
 * | clean | nothing: every acknowledged record is there, once and in order |
 * | allowed | anomalies that settings or faults allow, each with its reason, and no other |
 * | violated | an anomaly that nothing allows |
 * | no-evidence | nothing was proved, and nothing else is wrong |
 */
export type Conclusion = "clean" | "allowed" | "violated" | "no-evidence";

export interface Verdict {
  readonly conclusion: Conclusion;
  /** The conclusion is `clean`. What was lost by leave of a setting is no violation, and not clean either. */
  readonly isClean: boolean;
  /** At most `MAX_EXAMPLES` a name, in the order they were found. */
  readonly anomalies: readonly Anomaly[];
  readonly permitted: readonly PermittedAnomaly[];
  readonly counts: VerdictCounts;
}

/** Examples of one name that a verdict keeps. */
export const MAX_EXAMPLES = 32;
