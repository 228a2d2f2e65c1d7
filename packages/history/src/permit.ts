import type { TopicPartition } from "./history.ts";
import type { Permit } from "./findings.ts";
import type { Anomaly, AnomalyName, Leave, LeaveKind } from "./verdict.ts";

/** From one moment to another, both included; one moment where they are equal. */
export interface TimeSpan {
  readonly fromUs: number;
  readonly toUs: number;
}

/**
 * A fault of the run that allows an anomaly; the caller works it out, for it knows the faults. A lossy fault (power loss
 * that dropped pages, wipe, corruption) excuses a lost record only if at least effectiveMinIsr of its witnesses had one
 * before it was copied elsewhere; an unclean election excuses what it cut off. A crash, a pause, a partition or a clock
 * never excuses anything with acks=all (`reliability.md` §3.3).
 */
export interface Excuse extends TopicPartition {
  /** Offsets [startOffset, endOffset) that it covers; without them the whole partition. */
  readonly offsets?: { readonly startOffset: number; readonly endOffset: number };
  /** Only values sent before this time, in microseconds of the history's clock: what came after the loss is as safe as ever. */
  readonly sentBeforeUs?: number;
  /** Only values acknowledged before this time: what was acknowledged after the loss is owed, whenever it was sent. */
  readonly ackedBeforeUs?: number;
  /** Only what is gone with nothing in its place: a record that was deleted is not replaced. */
  readonly isOfAbsence?: boolean;
  /** Only disorder with another copy of a value, where the offsets cover the copy of the one before it, which is gone. */
  readonly isOfCopies?: boolean;
  /** Only pairs in disorder that lie around one of these: the earlier one was sent before its end, the later one acknowledged at its beginning or after. */
  readonly aroundUs?: readonly TimeSpan[];
  readonly permits: readonly AnomalyName[];
  /** Default: `fault`. */
  readonly kind?: LeaveKind;
  readonly because: string;
}

export interface CheckOptions {
  readonly acks: "all" | 1 | 0;
  readonly isIdempotent: boolean;
  /** Requests that a producer has on the way to one partition; ordering without idempotence needs 1. */
  readonly maxInFlight: number;
  readonly excuses?: readonly Excuse[];
  /** With acks=1: true if the partition kept one leader all along, so that nothing may be lost. Without it none did. */
  readonly hasStableLeader?: (target: TopicPartition) => boolean;
}

/** Whatever the configuration, these prove a broken cluster. */
const NEVER_PERMITTED: ReadonlySet<AnomalyName> = new Set(["phantom", "no-evidence"]);

export function permitOf(options: CheckOptions): Permit {
  return (anomaly) => {
    if (NEVER_PERMITTED.has(anomaly.name)) return undefined;
    const configured = permittedByConfiguration(options, anomaly);
    if (configured !== undefined) return configured;
    const excuse = options.excuses?.find((one) => covers(one, anomaly));
    return excuse === undefined ? undefined : { kind: excuse.kind ?? "fault", because: excuse.because };
  };
}

function permittedByConfiguration(options: CheckOptions, { name, topic, partition }: Anomaly): Leave | undefined {
  if (name === "lost" || name === "unseen" || name === "misplaced") {
    if (options.acks === 0) return { kind: "acks-0", because: "acks=0 promises nothing" };
    if (options.acks === 1 && options.hasStableLeader?.({ topic, partition }) !== true)
      return { kind: "acks-1", because: "with acks=1 a record may vanish with the leader that acknowledged it" };
  }
  if (name === "duplicated" && !options.isIdempotent) return { kind: "retry", because: "without idempotence a retry may write a record twice" };
  if (name === "reordered" && !options.isIdempotent && options.maxInFlight > 1)
    return { kind: "retry", because: `without idempotence a retry may overtake (${options.maxInFlight} requests in flight)` };
  return undefined;
}

function covers(excuse: Excuse, anomaly: Anomaly): boolean {
  const { name, topic, partition, offset, sentUs, ackedUs, isReplaced = false } = anomaly;
  if (excuse.topic !== topic || excuse.partition !== partition || !excuse.permits.includes(name)) return false;
  if (excuse.sentBeforeUs !== undefined && sentUs !== undefined && sentUs >= excuse.sentBeforeUs) return false;
  if (excuse.ackedBeforeUs !== undefined && (ackedUs === undefined || ackedUs >= excuse.ackedBeforeUs)) return false;
  if (excuse.isOfAbsence === true && isReplaced) return false;
  if (excuse.aroundUs?.some((span) => isAround(span, anomaly)) === false) return false;
  if (excuse.offsets === undefined) return true;
  const place = excuse.isOfCopies === true ? anomaly.firstCopyOffset : offset;
  return place !== undefined && place >= excuse.offsets.startOffset && place < excuse.offsets.endOffset;
}

const isAround = ({ fromUs, toUs }: TimeSpan, { sentUs, laterCompletedUs }: Anomaly): boolean =>
  sentUs !== undefined && sentUs < toUs && laterCompletedUs !== undefined && laterCompletedUs >= fromUs;
