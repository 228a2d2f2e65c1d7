import type { Now } from "@samsa/stdx";
import type { PeerAsker } from "./peer/control-plane.ts";
import type { Quorum } from "./quorum.ts";
import { type QuorumStatus, quorumStatus, redirection } from "./quorum-status.ts";

export interface QuorumQuestionsOptions {
  readonly clusterId: string;
  readonly quorum: () => Quorum;
  readonly answer: (asker: PeerAsker, status: QuorumStatus) => void;
}

/** Questions after the state of the quorum. The leader answers when a majority has confirmed that it leads (etcd #20418), others say whom to ask. */
export class QuorumQuestions {
  private readonly options: QuorumQuestionsOptions;
  /** Raft bounds the reads that wait. */
  private readonly waiting = new Map<number, PeerAsker>();

  constructor(options: QuorumQuestionsOptions) {
    this.options = options;
  }

  ask(asker: PeerAsker, now: Now): void {
    const requested = this.options.quorum().readIndex(now);
    if (requested.ok) this.waiting.set(requested.id, asker);
    else this.redirect(asker);
  }

  /** `index` undefined: it leads no more. */
  readAnswered(id: number, index: number | undefined, now: Now): void {
    const asker = this.waiting.get(id);
    this.waiting.delete(id);
    if (asker === undefined) return;
    const { node } = this.options.quorum();
    if (node === undefined || index === undefined) this.redirect(asker);
    else this.options.answer(asker, quorumStatus(node, this.options.clusterId, now));
  }

  private redirect(asker: PeerAsker): void {
    const { quorum, clusterId, answer } = this.options;
    answer(asker, redirection(quorum().node, clusterId));
  }
}
