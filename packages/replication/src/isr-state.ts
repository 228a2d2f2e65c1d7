import { afterMs, invariant, type LeaderEpoch, type Micros, type NodeId, type Now, type PartitionEpoch } from "@samsa/stdx";
import type { IsrAnswer, IsrChange } from "./replica-listener.ts";

/** A change of the ISR that the controller has been asked for and has not settled yet. */
export interface IsrProposal {
  readonly change: IsrChange;
  /** Everybody who may be in the ISR while we don't know: the committed ISR with all that was proposed since. */
  readonly maximalIsr: readonly NodeId[];
  /** An attempt went out whose answer never came: it may still be applied. */
  readonly isOutcomeUnknown: boolean;
  /** When to ask again; undefined while an answer, or the metadata, is awaited. */
  readonly retryAtUs: Micros | undefined;
  readonly retries: number;
}

const BACKOFF_MS = 50;
const BACKOFF_MAX_MS = 1_000;
/** From here on every back-off is the longest. */
const RETRIES_AT_MAX = Math.ceil(Math.log2(BACKOFF_MAX_MS / BACKOFF_MS));

type Reaction = "settle" | "drop" | "await-metadata" | "retry" | "retry-unknown";

/** What an answer means for the proposal. What is not listed is a trouble on the way: the outcome is unknown. */
const REACTIONS: ReadonlyMap<string, Reaction> = new Map<string, Reaction>([
  ["NONE", "settle"],
  ["INELIGIBLE_REPLICA", "drop"],
  ["INVALID_REQUEST", "drop"],
  // An attempt before this one may be what made the epochs move: only the metadata know (P12). Asked again now and then all the
  // same, for the answer may have been given by a controller whose own state is never committed.
  ["INVALID_UPDATE_VERSION", "await-metadata"],
  ["FENCED_LEADER_EPOCH", "await-metadata"],
  ["NEW_LEADER_ELECTED", "await-metadata"],
  ["UNKNOWN_TOPIC_ID", "await-metadata"],
  ["UNKNOWN_TOPIC_OR_PARTITION", "await-metadata"],
  ["OPERATION_NOT_ATTEMPTED", "retry"],
  ["NOT_CONTROLLER", "retry"],
  ["STALE_BROKER_EPOCH", "retry"],
  ["BROKER_ID_NOT_REGISTERED", "retry"],
]);

/**
 * The ISR as its leader knows it.
 *
 * | state | on | next |
 * |---|---|---|
 * | committed | propose | proposed, an answer awaited |
 * | proposed | NONE of this leader epoch; metadata with a higher partition epoch | committed |
 * | proposed | INELIGIBLE_REPLICA, INVALID_REQUEST, no earlier attempt lost | committed, as before; rests for the back-off |
 * | proposed | the same, an earlier attempt lost | proposed: asks for the committed ISR again, to make the controller say what holds |
 * | proposed | INVALID_UPDATE_VERSION, FENCED_LEADER_EPOCH, … | proposed, the metadata awaited; asks again after the longest back-off |
 * | proposed | anything else, or no answer | proposed, asks the same again after the back-off |
 */
export class IsrState {
  isr: readonly NodeId[];
  partitionEpoch: PartitionEpoch;
  proposal: IsrProposal | undefined;
  /** After a refusal nothing new is proposed before. */
  restsUntilUs: Micros | undefined;

  constructor(isr: readonly NodeId[], partitionEpoch: PartitionEpoch) {
    this.isr = isr;
    this.partitionEpoch = partitionEpoch;
  }

  /** The ISR an election may be held in, whichever way a proposal in flight ends; the high watermark waits for all of it (P12). */
  get maximalIsr(): readonly NodeId[] {
    return this.proposal === undefined ? this.isr : this.proposal.maximalIsr;
  }

  mayPropose(now: Now): boolean {
    return this.proposal === undefined && (this.restsUntilUs === undefined || this.restsUntilUs <= now.monotonicUs);
  }

  propose(change: IsrChange): void {
    invariant(this.proposal === undefined, "one change of the ISR at a time", { change, proposal: this.proposal });
    invariant(change.partitionEpoch === this.partitionEpoch, "a proposal is based on the committed state", { change });
    const maximalIsr = [...new Set([...this.isr, ...change.newIsr.map(({ brokerId }) => brokerId)])];
    this.proposal = { change, maximalIsr, isOutcomeUnknown: false, retryAtUs: undefined, retries: 0 };
  }

  /** The time has come, and the request is on its way again. */
  retried(): void {
    if (this.proposal !== undefined) this.proposal = { ...this.proposal, retryAtUs: undefined };
  }

  /** What the controller has committed. */
  commit(isr: readonly NodeId[], partitionEpoch: PartitionEpoch): void {
    invariant(partitionEpoch >= this.partitionEpoch, "the partition epoch never goes back", { partitionEpoch, had: this.partitionEpoch });
    this.isr = isr;
    this.partitionEpoch = partitionEpoch;
    this.proposal = undefined;
    this.restsUntilUs = undefined;
  }

  /** `committedChange` asks for the committed ISR, unchanged. */
  answered(answer: IsrAnswer, leaderEpoch: LeaderEpoch, committedChange: () => IsrChange, now: Now): void {
    const { proposal } = this;
    if (proposal === undefined) return;
    switch (REACTIONS.get(answer.error) ?? "retry-unknown") {
      case "settle":
        return this.settle(answer, leaderEpoch, now);
      case "drop":
        return this.refused(proposal, committedChange, now);
      case "await-metadata":
        return this.retryLater({ ...proposal, retries: RETRIES_AT_MAX }, true, now);
      case "retry":
        return this.retryLater(proposal, proposal.isOutcomeUnknown, now);
      case "retry-unknown":
        return this.retryLater(proposal, true, now);
    }
  }

  private settle(answer: IsrAnswer, leaderEpoch: LeaderEpoch, now: Now): void {
    const { isr, partitionEpoch, leaderEpoch: answeredEpoch } = answer;
    if (isr === undefined || partitionEpoch === undefined || answeredEpoch === undefined) {
      if (this.proposal !== undefined) this.retryLater(this.proposal, true, now);
      return;
    }
    // Another leader has been elected, or the answer is of an older state than ours: the metadata will say.
    if (answeredEpoch !== leaderEpoch || partitionEpoch < this.partitionEpoch) return;
    this.commit(isr, partitionEpoch);
  }

  /**
   * A refusal says that this attempt was not applied, not that a lost one never will be:
   *
   * 1. The leader proposes {1, 2, 3}; the request is delayed, the connection breaks, and it proposes the same again.
   * 2. That is refused, for 3 is fenced for a moment. Were 3 dropped now, the high watermark would move on without it.
   * 3. 3 is unfenced, the delayed request arrives and is accepted: 3 may be elected, and lacks committed records.
   *
   * So the committed ISR is proposed in its place: the partition epoch of what the controller accepts voids the delayed one.
   */
  private refused(proposal: IsrProposal, committedChange: () => IsrChange, now: Now): void {
    if (proposal.isOutcomeUnknown) return this.retryLater({ ...proposal, change: committedChange() }, true, now);
    this.proposal = undefined;
    this.restsUntilUs = afterMs(now, BACKOFF_MS);
  }

  private retryLater(proposal: IsrProposal, isOutcomeUnknown: boolean, now: Now): void {
    const backoffMs = Math.min(BACKOFF_MS * 2 ** proposal.retries, BACKOFF_MAX_MS);
    this.proposal = { ...proposal, isOutcomeUnknown, retryAtUs: afterMs(now, backoffMs), retries: proposal.retries + 1 };
  }
}
