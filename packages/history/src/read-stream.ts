import { invariant } from "@samsa/stdx";

/** A record as a reader got it: the offset and the record's value as text. */
export interface ReadRecord {
  readonly offset: number;
  readonly text: string;
}

/** What was read where no value of this history should be. */
export interface Phantom {
  readonly offset: number;
  readonly text: string;
  readonly because: string;
}

/** Marks a record in `ReadStream.values` that is none of the history's values. */
export const NO_VALUE = -1;

/** What one process read from one partition, in the order it was delivered; columns, for there may be millions. */
export class ReadStream {
  readonly process: number;
  readonly offsets: number[] = [];
  /** Parallel to `offsets`: the value, or `NO_VALUE`. */
  readonly values: number[] = [];
  /** Index of the first record of each response; ascending, an index may repeat after an empty response. */
  readonly responseStarts: number[] = [];
  /** Indices of records before which the reader was told to go elsewhere: no order is owed across them. */
  readonly seeks = new Set<number>();

  constructor(process: number) {
    this.process = process;
  }

  beginResponse(): void {
    this.responseStarts.push(this.offsets.length);
  }

  add(offset: number, value: number): void {
    this.offsets.push(offset);
    this.values.push(value);
  }

  seek(): void {
    this.seeks.add(this.offsets.length);
  }
}

/** The read of a whole partition after everything has calmed down: from its start to an end offset that must not move any more. */
export class FinalRead {
  readonly stream: ReadStream;
  readonly startOffset: number;
  readonly endOffset: number;
  private hasReachedEnd = false;

  constructor(range: { readonly process: number; readonly startOffset: number; readonly endOffset: number }) {
    invariant(range.startOffset <= range.endOffset, "a final read goes forward", { ...range });
    this.stream = new ReadStream(range.process);
    this.startOffset = range.startOffset;
    this.endOffset = range.endOffset;
  }

  /** True once the reader's position is at `endOffset`: only then does an absent value prove anything. */
  get isOk(): boolean {
    return this.hasReachedEnd;
  }

  /** First offset that the reader has not passed. */
  get reachedOffset(): number {
    return this.hasReachedEnd ? this.endOffset : (this.stream.offsets.at(-1) ?? this.startOffset - 1) + 1;
  }

  complete(): void {
    this.hasReachedEnd = true;
  }
}
