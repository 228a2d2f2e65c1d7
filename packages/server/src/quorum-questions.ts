import type { QuorumStatus } from "@samsa/controller";
import type { Now } from "@samsa/stdx";
import type { Quorum } from "./quorum.ts";
import { quorumStatus, redirection } from "./quorum-status.ts";

export interface QuorumQuestionsOptions {
  readonly clusterId: string;
  readonly quorum: () => Quorum;
}

type Answer = (status: QuorumStatus, now: Now) => void;

/** Questions after the state of the quorum. The leader answers when a majority has confirmed that it leads (etcd #20418), others say whom to ask. */
export class QuorumQuestions {
  private readonly options: QuorumQuestionsOptions;
  /** Raft bounds the reads that wait. */
  private readonly waiting = new Map<number, Answer>();

  constructor(options: QuorumQuestionsOptions) {
    this.options = options;
  }

  ask(answer: Answer, now: Now): void {
    const requested = this.options.quorum().readIndex(now);
    if (requested.ok) this.waiting.set(requested.id, answer);
    else this.redirect(answer, now);
  }

  /** `index` undefined: it leads no more. */
  readAnswered(id: number, index: number | undefined, now: Now): void {
    const answer = this.waiting.get(id);
    this.waiting.delete(id);
    if (answer === undefined) return;
    const { node } = this.options.quorum();
    if (node === undefined || index === undefined) this.redirect(answer, now);
    else answer(quorumStatus(node, this.options.clusterId, now), now);
  }

  private redirect(answer: Answer, now: Now): void {
    const { quorum, clusterId } = this.options;
    answer(redirection(quorum().node, clusterId), now);
  }
}
