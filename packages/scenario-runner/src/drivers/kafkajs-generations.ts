import type { GroupHistory, OffsetCommit } from "@samsa/history";

/** What kafkajs tells of a heartbeat that was answered. */
export interface AnsweredHeartbeat {
  readonly memberId: string;
  readonly groupGenerationId: number;
}

/** From this one on, of the answers since it joined, a heartbeat was also sent since: kafkajs has one under way at a time. */
const SENT_SINCE_JOINED = 2;
const UNKNOWN = -1;

/**
 * Which generations of a group one kafkajs consumer has been in, and in which ones its commits may have been sent at the latest. kafkajs does not say so
 * when it joins; its heartbeats do, and they may be late:
 *
 * 1. a heartbeat of generation 4 leaves; 2. the consumer joins generation 5; 3. the answer comes. Whoever took 4 from it would take a commit of 5 for one
 * that nobody carries out any more. While it joins, a heartbeat names a generation whose assignment nobody has yet, and that a new coordinator may not know.
 *
 * | event                        | generation                                              |
 * |------------------------------|---------------------------------------------------------|
 * | `GROUP_JOIN`                 | not known                                               |
 * | the second `HEARTBEAT` since | that of the heartbeat, until the consumer joins again    |
 * | `REBALANCING`                | not known, and heartbeats say nothing until it has joined |
 */
export class KafkaJsGenerations {
  private readonly history: GroupHistory;
  /** Empty: it is not known to be a member. */
  private memberId = "";
  private heartbeats = 0;
  private generationId = UNKNOWN;
  /** Commits that ended while the generation was not known. */
  private readonly ended: OffsetCommit[] = [];

  constructor(history: GroupHistory) {
    this.history = history;
  }

  joined(memberId: string): void {
    this.memberId = memberId;
    this.heartbeats = 0;
    this.generationId = UNKNOWN;
  }

  rebalancing(): void {
    this.joined("");
  }

  heartbeatAnswered({ memberId, groupGenerationId }: AnsweredHeartbeat, atUs: number): void {
    if (memberId !== this.memberId || ++this.heartbeats !== SENT_SINCE_JOINED) return;
    this.generationId = groupGenerationId;
    this.history.began(groupGenerationId, atUs);
    for (const commit of this.ended.splice(0)) commit.generationId = groupGenerationId;
  }

  /** It was sent in the generation that the consumer is in, or an earlier one; if that is not known yet, the next one that is will do. */
  commitEnded(commit: OffsetCommit): void {
    if (this.generationId === UNKNOWN) this.ended.push(commit);
    else commit.generationId = this.generationId;
  }
}
