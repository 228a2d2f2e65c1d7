import { type Micros, micros, type Now } from "@samsa/stdx";
import type { Outbox } from "@samsa/world";
import type { PeerProgress, RaftNode, VoterChange } from "raft-ts";
import { addressText, type ControlAddress } from "./control-address.ts";

export interface VoterReplacementOptions {
  readonly raft: () => RaftNode | undefined;
  /** Who may be made a voter: `controller.quorum.voters`; nobody where replacement is off. */
  readonly voters: readonly ControlAddress[];
  readonly intervalMs: number;
  readonly outbox: Outbox;
}

/** What an observer may lack when the voter it replaces is taken out. */
const MAX_LAG = 100;

/**
 * The leader's care for voters that lost their disk: such a node comes back under its id as another replica, which observes. When it has caught
 * up, the voter that is no more is removed, and then the new one is added: one change at a time (compare KIP-853 and KIP-1186, where an operator
 * or the node itself does the same).
 */
export class VoterReplacement {
  private readonly options: VoterReplacementOptions;
  private at: Micros | undefined;

  constructor(options: VoterReplacementOptions) {
    this.options = options;
  }

  get nextDeadlineUs(): Micros | undefined {
    return this.at;
  }

  roleChanged(isLeader: boolean, now: Now): void {
    this.at = isLeader && this.options.voters.length > 1 ? this.next(now) : undefined;
  }

  deadline(now: Now): void {
    const raft = this.options.raft();
    if (this.at === undefined || this.at > now.monotonicUs || raft === undefined) return;
    this.at = this.next(now);
    for (const observer of raft.observers) {
      const change = this.changeFor(raft, observer, now);
      // A refusal, such as a change that is not committed yet, is for the next time.
      if (change === undefined || !raft.changeVoters(change, now.monotonicUs).ok) continue;
      return this.options.outbox.trace({ kind: "voter-changed", change: change.type, voter: change.voter.id, directoryId: change.voter.directoryId });
    }
  }

  private changeFor(raft: RaftNode, observer: PeerProgress, now: Now): VoterChange | undefined {
    const { id, directoryId, matchIndex } = observer;
    const configured = this.options.voters.find((voter) => voter.nodeId === id);
    if (configured === undefined || !this.isHere(observer, now) || raft.commitIndex - matchIndex > MAX_LAG) return undefined;
    const lost = raft.voters.find((voter) => voter.id === id);
    if (lost === undefined) return { type: "add", voter: { id, directoryId, address: addressText(configured) } };
    // Two nodes that are configured alike must not push each other out: the voter that is replaced has to be silent.
    const isLost = lost.directoryId !== directoryId && !raft.progress.some((voter) => voter.id === id && this.isHere(voter, now));
    return isLost ? { type: "remove", voter: lost } : undefined;
  }

  private isHere({ lastHeardUs }: PeerProgress, now: Now): boolean {
    return now.monotonicUs - lastHeardUs < this.options.intervalMs * 1000;
  }

  private next(now: Now): Micros {
    return micros(now.monotonicUs + this.options.intervalMs * 1000);
  }
}
