import { invariant } from "@samsa/stdx";

/** What a command decides: records to commit as one atomic batch, and what to answer once they are. */
export interface CommandResult<Rec, Reply> {
  readonly records: readonly Rec[];
  readonly reply: Reply;
  /** Without records only: answer at once, although earlier batches are not committed yet. */
  readonly isImmediate?: boolean;
}

/** What replaying one batch gives: the next state, and what the owner wants to know of the change. */
export interface Replayed<State, Change> {
  readonly state: State;
  readonly change: Change;
}

/** One committed entry of the log; a leader's barrier has no records. */
export interface CommittedBatch<Rec> {
  readonly index: number;
  readonly epoch: number;
  readonly records: readonly Rec[];
}

/** A batch to append to the log, under a number of this node's own. */
export interface ProposedBatch<Rec> {
  readonly batch: number;
  readonly records: readonly Rec[];
}

export interface CommandLogOptions<State, Rec, Change> {
  readonly initial: State;
  /** Pure. Speculatively it is called with the index the batch will have if nothing else is appended in between. */
  readonly replay: (state: State, records: readonly Rec[], index: number) => Replayed<State, Change>;
  /** Replies that may wait for commits; beyond that `isFull` asks the owner to refuse commands. */
  readonly maxWaitingReplies: number;
}

interface PendingBatch<Reply> {
  readonly batch: number;
  index: number | undefined;
  /** Of the command that made the batch, then of those without records that came after it. */
  readonly replies: Reply[];
}

/**
 * Runs commands over a replicated log (Kafka's ControllerResult and deferred events, for any state). `State` is immutable.
 *
 * | role | command | proposed | committed | lead | resign |
 * |---|---|---|---|---|---|
 * | standby | invariant | ignored | replay | → leading | – |
 * | leading | replay on the speculative state, propose, hold the reply | note the index | replay on the committed state, release replies | invariant | → standby: drop what is speculative, fail what waits |
 *
 * The committed state is always the replay of the committed batches, on a leader as on a standby: a leader replays its
 * own batch a second time when it is committed. The speculative state is the committed one plus the pending batches.
 */
export class CommandLog<State, Rec, Reply, Change = void> {
  private readonly options: CommandLogOptions<State, Rec, Change>;
  private readonly pending: PendingBatch<Reply>[] = [];
  private proposals: ProposedBatch<Rec>[] = [];
  private replies: Reply[] = [];
  private waitingReplies = 0;
  private nextBatch = 0;
  private committedIndex = 0;
  private committedState: State;
  private speculativeState: State;
  private leading = false;

  constructor(options: CommandLogOptions<State, Rec, Change>) {
    this.options = options;
    this.committedState = options.initial;
    this.speculativeState = options.initial;
  }

  /** What everybody may see. */
  get committed(): State {
    return this.committedState;
  }

  /** What the next command decides on. */
  get speculative(): State {
    return this.speculativeState;
  }

  get isLeading(): boolean {
    return this.leading;
  }

  get isFull(): boolean {
    return this.waitingReplies >= this.options.maxWaitingReplies;
  }

  get pendingBatches(): number {
    return this.pending.length;
  }

  /** From now on this node decides. Everything committed before must have been replayed (the barrier of R25). */
  lead(): void {
    invariant(!this.leading && this.pending.length === 0, "leadership of a command log begins once", {});
    this.leading = true;
  }

  /** Back to the last committed point. `failed` turns each waiting reply into the answer to give instead, if any. */
  resign(failed: (waiting: Reply) => Reply | undefined): void {
    this.leading = false;
    this.speculativeState = this.committedState;
    this.proposals = [];
    for (const { replies } of this.pending.splice(0)) {
      for (const waiting of replies) {
        const answer = failed(waiting);
        if (answer !== undefined) this.replies.push(answer);
      }
    }
    this.waitingReplies = 0;
  }

  /**
   * Carries out what a command decided on `speculative`. An answer without records tells of a state that may rest on pending batches;
   * it waits for the last of them, or a client could see what is later dropped.
   */
  submit(result: CommandResult<Rec, Reply>): void {
    invariant(this.leading, "only a leader runs commands", {});
    const last = this.pending.at(-1);
    if (result.records.length > 0) this.append(result);
    else if (last === undefined || result.isImmediate === true) this.replies.push(result.reply);
    else {
      last.replies.push(result.reply);
      this.waitingReplies++;
    }
  }

  /** False once the batch is committed, or dropped with the leadership that decided it. Numbers of batches are never given again. */
  isPending(batch: number): boolean {
    return this.pending.some((candidate) => candidate.batch === batch);
  }

  /** The log gave a batch its index. Unknown batches are of a leadership that has ended. */
  proposed(batch: number, index: number): void {
    const pending = this.pending.find((candidate) => candidate.batch === batch);
    if (pending === undefined) return;
    invariant(index > this.committedIndex, "a batch is proposed before it is committed", { batch, index, committed: this.committedIndex });
    pending.index = index;
  }

  /** The next committed entry, on every node in the log's order. Whole or not at all. */
  commit(entry: CommittedBatch<Rec>): Change {
    invariant(entry.index > this.committedIndex, "entries are committed in order", { index: entry.index, committed: this.committedIndex });
    const { state, change } = this.options.replay(this.committedState, entry.records, entry.index);
    this.committedState = state;
    this.committedIndex = entry.index;
    this.release(entry);
    if (this.pending.length === 0) this.speculativeState = this.committedState;
    return change;
  }

  /**
   * The state that a snapshot of the log up to `index` stands for, in place of those entries. Only on a node that lacks them, which is
   * never the leader.
   */
  restore(state: State, index: number): void {
    invariant(!this.leading && this.pending.length === 0, "a leader has all entries, and needs no snapshot", { index });
    invariant(index > this.committedIndex, "a snapshot leads on", { index, committed: this.committedIndex });
    this.committedState = state;
    this.committedIndex = index;
    this.speculativeState = state;
  }

  takeProposals(): readonly ProposedBatch<Rec>[] {
    const taken = this.proposals;
    this.proposals = [];
    return taken;
  }

  takeReplies(): readonly Reply[] {
    const taken = this.replies;
    this.replies = [];
    return taken;
  }

  private append({ records, reply }: CommandResult<Rec, Reply>): void {
    const batch = this.nextBatch++;
    const index = this.committedIndex + this.pending.length + 1;
    this.speculativeState = this.options.replay(this.speculativeState, records, index).state;
    this.pending.push({ batch, index: undefined, replies: [reply] });
    this.proposals.push({ batch, records });
    this.waitingReplies++;
  }

  private release(entry: CommittedBatch<Rec>): void {
    const first = this.pending[0];
    if (first === undefined) return;
    if (first.index !== entry.index) {
      // While we lead, only we append records; something else at our place would make the speculative state a lie.
      const isForeign = entry.records.length > 0 || (first.index !== undefined && entry.index > first.index);
      invariant(!isForeign, "a leader's log holds its own batches", { index: entry.index, epoch: entry.epoch, expected: first.index });
      return;
    }
    this.pending.shift();
    this.waitingReplies -= first.replies.length;
    this.replies.push(...first.replies);
  }
}
