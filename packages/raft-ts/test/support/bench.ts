import { expect } from "vitest";
import {
  EMPTY_PAST,
  type Entry,
  NO_NODE,
  type RaftInput,
  type RaftMessage,
  RaftNode,
  type RaftOptions,
  type RaftOutput,
  type Recovered,
  type ReplicaKey,
} from "../../src/index.ts";
import { crc32c } from "./crc.ts";
import { replica, voters } from "./replicas.ts";

export const OPTIONS: RaftOptions = {
  self: replica(1),
  voters: voters(1, 2, 3),
  electionTimeoutUs: 1_000_000,
  heartbeatIntervalUs: 200_000,
  random: () => 0,
  crc: crc32c,
};

/** What a node knows that had these entries, and was of this term. */
export const pastOf = (term: number, entries: readonly Entry[], votedFor?: ReplicaKey): Recovered => ({
  ...EMPTY_PAST,
  term,
  votedFor,
  entries,
  hasPromised: true,
});

/** One node and the world around it: what it sent, and its one outstanding write. */
export class Bench {
  readonly node: RaftNode;
  nowUs = 0;
  private writeId = 0;

  constructor(options: Partial<RaftOptions> = {}, past: Recovered = EMPTY_PAST) {
    this.node = new RaftNode({ ...OPTIONS, ...options }, past, 0);
    this.drain();
  }

  drain(): readonly RaftOutput[] {
    const outputs = this.node.drain();
    for (const output of outputs) if (output.type === "persist") this.writeId = output.id;
    return outputs;
  }

  step(input: RaftInput): readonly RaftOutput[] {
    this.node.step(input, this.nowUs);
    return this.drain();
  }

  receive(from: number | ReplicaKey, message: RaftMessage): readonly RaftOutput[] {
    this.node.step({ type: "message", from: typeof from === "number" ? replica(from) : from, message }, this.nowUs);
    return this.drain();
  }

  sync(): readonly RaftOutput[] {
    this.node.step({ type: "persisted", id: this.writeId }, this.nowUs);
    return this.drain();
  }

  expire(): readonly RaftOutput[] {
    this.nowUs = this.node.nextDeadlineUs ?? this.nowUs;
    this.node.step({ type: "deadline" }, this.nowUs);
    return this.drain();
  }

  /** Makes it leader with the pre-vote and the vote of 2; its barrier is not synced yet. */
  elect(): this {
    this.expire();
    this.receive(2, { type: "pre-vote-response", term: this.node.term, round: 1, isGranted: true, leader: NO_NODE });
    this.sync();
    this.receive(2, { type: "vote-response", term: this.node.term, isGranted: true });
    expect(this.node.role).toBe("leader");
    return this;
  }
}

export const sent = (outputs: readonly RaftOutput[]): readonly RaftMessage[] => outputs.flatMap((output) => (output.type === "send" ? [output.message] : []));
export const types = (outputs: readonly RaftOutput[]): readonly string[] =>
  outputs.map((output) => (output.type === "send" ? output.message.type : output.type));
export const append = (
  term: number,
  previousIndex: number,
  entries: readonly Entry[],
  more: { previousTerm?: number; commitIndex?: number; sequence?: number } = {},
): RaftMessage => ({
  type: "append-request",
  term,
  sequence: more.sequence ?? 1,
  previousIndex,
  previousTerm: more.previousTerm ?? (previousIndex === 0 ? 0 : term),
  commitIndex: more.commitIndex ?? 0,
  entries,
});
