import type { Micros } from "@samsa/stdx";
import type { RecordId } from "./producer-event.ts";
import type { BatchSequence } from "./sequence.ts";

export interface RecordHeader {
  readonly key: string;
  readonly value: Uint8Array | null;
}

/** What a caller wants written. */
export interface ProducerRecord {
  readonly topic: string;
  readonly partition: number;
  readonly key?: Uint8Array | null;
  readonly value: Uint8Array | null;
  readonly headers?: readonly RecordHeader[];
  /** CreateTime, milliseconds since 1970; the moment of `send` if it is left out. */
  readonly timestampMs?: number;
}

/** A record that a batch holds; the time is CreateTime, milliseconds since 1970. */
export interface BatchedRecord {
  readonly timestampMs: number;
  readonly key: Uint8Array | null;
  readonly value: Uint8Array | null;
  readonly headers: readonly RecordHeader[];
}

/**
 * | state | on | to |
 * |---|---|---|
 * | queued | sent | in-flight |
 * | in-flight | an error that may pass | retrying |
 * | retrying | sent again | in-flight |
 * | any | acknowledged, refused, too late | done |
 */
export type BatchState = "queued" | "in-flight" | "retrying" | "done";

/** Bytes of a record beside its key and value, at most; and of the batch around them. */
const RECORD_OVERHEAD_BYTES = 21;
const BATCH_OVERHEAD_BYTES = 61;

/** Records that go to one partition together, and stay together until their outcome is known. */
export class Batch {
  readonly deadline: Micros;
  readonly createdAt: Micros;
  readonly records: BatchedRecord[] = [];
  readonly ids: RecordId[] = [];
  /** An upper bound. */
  sizeBytes = BATCH_OVERHEAD_BYTES;
  state: BatchState = "queued";
  /** Given at the first attempt and kept for the others. */
  sequence: BatchSequence | undefined;
  attempts = 0;
  retryAt: Micros | undefined;
  private readonly errors = new Set<string>();
  private lastError: string | undefined;

  constructor(createdAt: Micros, deadline: Micros) {
    this.createdAt = createdAt;
    this.deadline = deadline;
  }

  add(id: RecordId, record: BatchedRecord, sizeBytes: number): void {
    this.records.push(record);
    this.ids.push(id);
    this.sizeBytes += sizeBytes;
  }

  /** An attempt ended with this error. */
  attemptFailed(error: string): void {
    if (this.lastError !== undefined) this.errors.add(this.lastError);
    this.lastError = error;
  }

  /** What to say of a batch that is given up now. */
  get verdictOfTimeout(): string {
    if (this.state === "in-flight") return "DELIVERY_TIMEOUT";
    return this.lastError ?? "NOT_SENT";
  }

  /** What to say of a batch whose last attempt has failed. */
  get verdictOfRetries(): string {
    return this.lastError ?? "NOT_SENT";
  }

  /** The different errors of the attempts before the one that ended with `error`. */
  errorsBefore(error: string): readonly string[] {
    return this.lastError === error ? [...this.errors] : this.allErrors;
  }

  /** The errors of all attempts that have ended. */
  get allErrors(): readonly string[] {
    return this.lastError === undefined ? [] : [...new Set([...this.errors, this.lastError])];
  }
}

export function sizeOfRecord({ key, value, headers }: BatchedRecord): number {
  let size = RECORD_OVERHEAD_BYTES + (key?.length ?? 0) + (value?.length ?? 0);
  for (const header of headers) size += 10 + header.key.length * 3 + (header.value?.length ?? 0);
  return size;
}
