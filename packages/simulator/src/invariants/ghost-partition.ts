/** What identifies a batch's content: offsets and epoch by place, the rest by its checksum. */
export interface BatchMark {
  readonly baseOffset: number;
  readonly endOffset: number;
  readonly leaderEpoch: number;
  readonly crc: number;
}

/** Records below the high watermark that may be gone, and why that breaks no promise. */
export interface ExcusedLoss {
  readonly fromOffset: number;
  readonly toOffset: number;
  /** Of the leader that was elected without them. */
  readonly leaderEpoch: number;
  readonly because: string;
  /** What was committed there. */
  readonly batches: readonly BatchMark[];
  /** Of a leader that had not heard of that election, and committed this after it; undefined: it was committed before. */
  readonly committedIn?: number;
}

/** Records that are gone by leave of the settings, or by request. */
export interface Deletion {
  readonly endOffset: number;
  /** An unclean election cut the log before it: what that leader writes there, and later ones, is owed again. Undefined: none did. */
  readonly untilEpoch: number | undefined;
}

/** Some replica was compacted. */
interface Compaction {
  readonly endOffset: number;
  /** The last one of its log: of later ones it had nothing. */
  readonly latestEpoch: number;
}

/** The committed records of one partition, as the leaders' high watermarks passed them. */
export class GhostPartition {
  readonly topic: string;
  readonly partition: number;
  readonly excused: ExcusedLoss[] = [];
  /** Up to where an operator has asked for deletion. */
  askedEnd = 0;
  /** Requests of an operator to delete all that is committed which a leader may still act on. */
  allAsked = 0;
  private furthestStart = 0;
  private afresh = 0;
  private deletedEnd = 0;
  private compactions: readonly Compaction[] = [];
  private readonly overwritten: Deletion[] = [];
  private readonly batches: BatchMark[] = [];
  private readonly committedIn: number[] = [];

  constructor(topic: string, partition: number) {
    this.topic = topic;
    this.partition = partition;
  }

  get name(): string {
    return `${this.topic}-${this.partition}`;
  }

  /** The true high watermark: the largest that any leader ever had. */
  get end(): number {
    return Math.max(this.afresh, this.batches.at(-1)?.endOffset ?? 0);
  }

  /** The last batch below the true high watermark. */
  get last(): BatchMark | undefined {
    return this.batches.at(-1);
  }

  /** The last batch that a leader of an epoch before `leaderEpoch` committed: what the leader of that epoch was elected with. */
  lastBefore(leaderEpoch: number): BatchMark | undefined {
    for (let at = this.batches.length - 1; at >= 0; at--) if ((this.committedIn[at] as number) < leaderEpoch) return this.batches[at];
    return undefined;
  }

  /** After the last committed batch that the leader of that epoch wrote; 0 if there is none. */
  endOfEpoch(leaderEpoch: number): number {
    return this.batches.findLast((batch) => batch.leaderEpoch === leaderEpoch)?.endOffset ?? 0;
  }

  /** Where the log of some replica came to start for a good reason, at the furthest: others may follow it. */
  get startMax(): number {
    return this.furthestStart;
  }

  /**
   * Before it some replica may have been compacted; behind it a batch of that epoch is as it was written, on all of them. It is another end for later
   * epochs: an unclean election may cut the log before it, and what its leader writes there has not been compacted yet.
   */
  compactedEndOf(leaderEpoch: number): number {
    return this.compactions.reduce((end, { endOffset, latestEpoch }) => (latestEpoch >= leaderEpoch ? Math.max(end, endOffset) : end), 0);
  }

  /** `latestEpoch`: the last one of the log that was compacted. */
  compactedUpTo(endOffset: number, latestEpoch: number): void {
    if (this.compactedEndOf(latestEpoch) >= endOffset) return;
    const kept = this.compactions.filter((one) => one.endOffset > endOffset || one.latestEpoch > latestEpoch);
    this.compactions = [...kept, { endOffset, latestEpoch }];
  }

  /** What lies before the starts of logs, and may be gone. */
  get deletions(): readonly Deletion[] {
    return this.deletedEnd === 0 ? this.overwritten : [...this.overwritten, { endOffset: this.deletedEnd, untilEpoch: undefined }];
  }

  /**
   * The log of a replica in that epoch starts there, for a good reason. Of one that has not heard of an unclean election, what it deletes from the cut
   * on is not what lies there now.
   */
  startsAt(startOffset: number, leaderEpoch: number): void {
    this.furthestStart = Math.max(this.furthestStart, startOffset);
    const unheard = this.excused.filter((loss) => leaderEpoch < loss.leaderEpoch).map(({ fromOffset }) => fromOffset);
    this.deletedEnd = Math.max(this.deletedEnd, Math.min(startOffset, ...unheard));
  }

  /** `leaderEpoch`: of the leader whose high watermark passed it, which may be later than the batch's own. */
  append(batch: BatchMark, leaderEpoch: number): void {
    this.batches.push(batch);
    this.committedIn.push(leaderEpoch);
  }

  /** The committed batch that starts at an offset; undefined if none does. */
  at(baseOffset: number): BatchMark | undefined {
    let low = 0;
    let high = this.batches.length - 1;
    while (low <= high) {
      const middle = (low + high) >> 1;
      const batch = this.batches[middle] as BatchMark;
      if (batch.baseOffset === baseOffset) return batch;
      if (batch.baseOffset < baseOffset) low = middle + 1;
      else high = middle - 1;
    }
    return undefined;
  }

  /**
   * True of what compaction may have made of committed batches: of one, one with the same offsets and other content; of several in a row, of one epoch, one
   * without any (`isEmpty`). Only where something was compacted.
   */
  isMadeInto({ baseOffset, endOffset, leaderEpoch }: BatchMark, isEmpty: boolean): boolean {
    if (endOffset > this.compactedEndOf(leaderEpoch)) return false;
    let at = baseOffset;
    for (let count = 0; at < endOffset; count++) {
      const batch = this.at(at);
      if (batch?.leaderEpoch !== leaderEpoch || (count > 0 && !isEmpty)) return false;
      at = batch.endOffset;
    }
    return at === endOffset;
  }

  /**
   * True if a leader of that epoch may not have had what a batch says that other replicas have, and that was never lost:
   *
   * 1. A replica is compacted, and of a key only the newest record is left; 2. an unclean election loses that one, and the log of the replica is cut to its
   * leader's, or it is the leader itself; 3. it leads, and knows nothing of the key; 4. its follower, which was not compacted so far, has the older record still.
   */
  mayLack({ endOffset, leaderEpoch: writtenIn }: BatchMark, leaderEpoch: number): boolean {
    return (
      endOffset <= this.compactedEndOf(writtenIn) &&
      this.excused.some(
        (loss) => loss.fromOffset < loss.toOffset && endOffset <= loss.fromOffset && writtenIn < loss.leaderEpoch && loss.leaderEpoch <= leaderEpoch,
      )
    );
  }

  /** An unclean election: from here on records that were committed count as if they never had been. */
  forget(fromOffset: number, leaderEpoch: number, because: string): void {
    const first = this.batches.findIndex((batch) => batch.endOffset > fromOffset);
    const batches = first < 0 ? [] : this.batches.slice(first);
    this.excused.push({ fromOffset, toOffset: this.end, leaderEpoch, because, batches });
    if (this.deletedEnd > fromOffset) {
      this.overwritten.push({ endOffset: this.deletedEnd, untilEpoch: leaderEpoch });
      this.deletedEnd = fromOffset;
    }
    this.batches.length -= batches.length;
    this.committedIn.length = this.batches.length;
    if (fromOffset < this.afresh) this.afresh = 0;
  }

  /**
   * The leader of an unclean election has deleted all that others have, and more: 1. it leads, writes and deletes while nobody follows; 2. it dies, and one
   * that was far behind is elected uncleanly; 3. that one dies, and the first one is elected uncleanly. What it writes comes next, and nothing comes between.
   */
  goesOnAt(baseOffset: number): void {
    if (baseOffset > this.end) this.afresh = baseOffset;
  }

  /**
   * 1. An unclean election is over, and its leader has begun; 2. the leader of before, and a follower in its ISR, have not heard of it; 3. one fetches
   * from the other, whose high watermark moves. What it commits so is lost like what it had committed. False: no such leader, or not what comes next.
   */
  losesAtOnce(batch: BatchMark, leaderEpoch: number): boolean {
    const before = this.excused.findLast((loss) => leaderEpoch < loss.leaderEpoch && loss.toOffset === batch.baseOffset);
    if (before === undefined) return false;
    const { leaderEpoch: lostIn, because } = before;
    const loss = { fromOffset: batch.baseOffset, toOffset: batch.endOffset, leaderEpoch: lostIn, because, batches: [batch], committedIn: leaderEpoch };
    this.excused.push(loss);
    return true;
  }

  /** True of the next batch, if no unclean election came after the leader's own: of such a leader the next one is another (`losesAtOnce`). */
  goesOnWith({ baseOffset }: BatchMark, leaderEpoch: number): boolean {
    return baseOffset === this.end && this.excused.every((loss) => loss.leaderEpoch <= leaderEpoch);
  }

  /** Records that were committed are gone by leave. */
  get hasLost(): boolean {
    return this.excused.some(({ fromOffset, toOffset }) => fromOffset < toOffset);
  }

  /**
   * True of the very batch that was committed and is excused now, or of what compaction may have made of it, to a replica that has not heard of the election
   * that lost it: it still believes what was true. To a replica that has, or of any other batch, there is no excuse.
   */
  isExcusedIn(leaderEpoch: number, batch: BatchMark): boolean {
    const isCompacted = batch.endOffset <= this.compactedEndOf(batch.leaderEpoch);
    const isIt = (lost: BatchMark): boolean => sameBatch(lost, isCompacted ? { ...batch, crc: lost.crc } : batch);
    return this.excused.some((loss) => leaderEpoch < loss.leaderEpoch && loss.batches.some(isIt));
  }
}

export const sameBatch = (a: BatchMark, b: BatchMark): boolean =>
  a.baseOffset === b.baseOffset && a.endOffset === b.endOffset && a.leaderEpoch === b.leaderEpoch && a.crc === b.crc;
