import type { AnomalyName, Excuse, TimeSpan, TopicPartition } from "@samsa/history";
import type { TraceEvent } from "@samsa/world";
import type { GhostPartition } from "./invariants/ghost-partition.ts";

/** One process leading one partition in one leader epoch. */
interface Reign extends TopicPartition {
  readonly node: number;
  readonly leaderEpoch: number;
  /** Log end at its beginning: what it acknowledged lies from there on. */
  readonly startOffset: number;
  readonly beganUs: number;
  endedUs: number;
}

const LOST: readonly AnomalyName[] = ["lost", "unseen", "misplaced"];
/** A committed record that an unclean election lost may have been read before. */
const LOST_AFTER_COMMIT: readonly AnomalyName[] = [
  ...LOST,
  "inconsistent-offset",
  "nonmonotonic-poll",
  "nonmonotonic-end",
  "realtime-reordered",
  "reordered",
  "duplicated",
  "offset-gap",
];

/** What a reader finds out of deleted records: that they are not there. */
const DELETED: readonly AnomalyName[] = ["lost", "unseen"];
const DELETED_OF_TWO: readonly AnomalyName[] = [...DELETED, "misplaced"];

/** Clients know of a leader before it does: what they send it may be so long on the way. */
const ON_THE_WAY_US = 5_000_000;

/** Follows who led which partition when, and tells what that excuses (`reliability.md` §3.3). An excuse ends with the loss: what was sent later is owed again. */
export class ExcuseBook {
  private readonly reigns: Reign[] = [];

  /** `nowUs`: of the world; the event's own time is its node's, whose clock may drift. `isUp`: whether a node has a process now. */
  add({ node, event }: TraceEvent, nowUs: number, isUp: (node: number) => boolean): void {
    if (event.kind === "started") return this.end(nowUs, (reign) => reign.node === node);
    if (event.kind !== "became-leader" && event.kind !== "became-follower") return;
    const { topic, partition, leaderEpoch } = event;
    this.end(nowUs, (reign) => reign.node === node && reign.topic === topic && reign.partition === partition);
    if (event.kind === "became-follower") return;
    // Who died leading leads no more; nobody tells of the moment.
    this.end(nowUs, (reign) => reign.topic === topic && reign.partition === partition && !isUp(reign.node));
    this.reigns.push({ topic, partition, node, leaderEpoch, startOffset: event.startOffset, beganUs: nowUs, endedUs: Number.POSITIVE_INFINITY });
  }

  /**
   * Committed records that an unclean election lost: those sent before the leader began that was elected without them, or, what the one before it
   * committed later, not having heard of it, before that one had stopped to lead.
   */
  ofLosses(partitions: Iterable<GhostPartition>): Excuse[] {
    return [...partitions].flatMap(({ topic, partition, excused }) =>
      excused.map(({ fromOffset, toOffset, leaderEpoch, because, committedIn }) => {
        const reignOf = (epoch: number): Reign | undefined => this.of({ topic, partition }).find((reign) => reign.leaderEpoch === epoch);
        const untilUs = committedIn === undefined ? reignOf(leaderEpoch)?.beganUs : reignOf(committedIn)?.endedUs;
        return {
          topic,
          partition,
          offsets: { startOffset: fromOffset, endOffset: toOffset },
          sentBeforeUs: untilUs ?? Number.POSITIVE_INFINITY,
          permits: LOST_AFTER_COMMIT,
          kind: "unclean-election",
          because,
        };
      }),
    );
  }

  /**
   * Records before a log's start, where the topic's settings, or an operator, had them deleted; of other topics none is. What an unclean election
   * made room for is owed again. Without idempotence a record may be there twice, and be read where its other copy lies; where the first copy of one of
   * two is gone, and of the other is not, that one comes first.
   */
  ofDeletions(partitions: readonly GhostPartition[], { because, isIdempotent }: { readonly because: string; readonly isIdempotent: boolean }): Excuse[] {
    const permits = isIdempotent ? DELETED : DELETED_OF_TWO;
    return partitions.flatMap(({ topic, partition, deletions }) =>
      deletions.flatMap(({ endOffset, untilEpoch }) => {
        const sentBeforeUs =
          untilEpoch === undefined ? undefined : this.of({ topic, partition }).find(({ leaderEpoch }) => leaderEpoch === untilEpoch)?.beganUs;
        const until = sentBeforeUs === undefined ? {} : { sentBeforeUs };
        const excuse = { topic, partition, offsets: { startOffset: 0, endOffset }, ...until, kind: "deletion", because } as const;
        const ofAbsence: Excuse = { ...excuse, isOfAbsence: true, permits };
        return isIdempotent ? ofAbsence : [ofAbsence, { ...excuse, isOfCopies: true, permits: ["reordered"] }];
      }),
    );
  }

  /**
   * Records acknowledged with acks=1 by a leader that another one followed: those that it had not committed, from its own first offset on, sent
   * while it still believed to lead. What the next leader has at these offsets may be older than it, of an epoch before. Under one leader nothing
   * may be lost, and nothing that was committed (`reliability.md` §3.3, 2).
   */
  ofLeaderChanges(partitions: readonly GhostPartition[]): Excuse[] {
    return this.reigns.flatMap((reign) => {
      const { topic, partition, node, leaderEpoch, startOffset, endedUs } = reign;
      const next = this.of(reign).find((other) => other.leaderEpoch > leaderEpoch);
      const committed = partitions.find((one) => one.topic === topic && one.partition === partition);
      if (next === undefined) return [];
      return {
        topic,
        partition,
        offsets: { startOffset: Math.max(startOffset, committed?.endOfEpoch(leaderEpoch) ?? 0), endOffset: Number.POSITIVE_INFINITY },
        sentBeforeUs: endedUs,
        permits: LOST,
        kind: "acks-1",
        because: `with acks=1 a record may vanish with the leader that acknowledged it: node ${next.node} followed node ${node} in epoch ${next.leaderEpoch}, after epoch ${leaderEpoch}`,
      };
    });
  }

  /**
   * With acks=0, where a producer waits for no answer, records may lie the other way round that were not sent on one connection to one leader:
   * 1. a waits in the queue of the leader's server; 2. its connection breaks, or another node leads for a while; 3. b comes by another connection,
   * and is written; 4. so is a. So a was sent before the one moment, and b has left its client after the other. `brokeUs`: when connections of the
   * clients ended.
   */
  ofReconnections(partitions: readonly TopicPartition[], brokeUs: readonly number[]): Excuse[] {
    return partitions.flatMap(({ topic, partition }) => {
      const aroundUs = [...brokeUs.map((atUs) => ({ fromUs: atUs, toUs: atUs })), ...returnsOf(this.of({ topic, partition }))];
      const because = "with acks=0 what was sent on one connection may come after what was sent later on another one";
      return aroundUs.length === 0 ? [] : [{ topic, partition, aroundUs, permits: ["reordered"], kind: "acks-0", because }];
    });
  }

  private of({ topic, partition }: TopicPartition): Reign[] {
    return this.reigns.filter((reign) => reign.topic === topic && reign.partition === partition);
  }

  private end(atUs: number, isOver: (reign: Reign) => boolean): void {
    for (const reign of this.reigns) if (reign.endedUs === Number.POSITIVE_INFINITY && isOver(reign)) reign.endedUs = atUs;
  }
}

/** Where a node leads again: from when the next one after it began, to which records may have been on the way already, until then. */
function returnsOf(reigns: readonly Reign[]): TimeSpan[] {
  return reigns.flatMap(({ node, leaderEpoch, beganUs }) => {
    const before = reigns.findLast((other) => other.node === node && other.leaderEpoch < leaderEpoch);
    const next = before && reigns.find((other) => other.leaderEpoch > before.leaderEpoch);
    return next === undefined ? [] : [{ fromUs: next.beganUs - ON_THE_WAY_US, toUs: beganUs }];
  });
}
