import type { Entry, LogPosition } from "./entry.ts";
import type { SnapshotChunk } from "./message.ts";
import type { ResolvedOptions } from "./options.ts";
import type { Voter } from "./replica-key.ts";
import { CorruptSnapshotError, decodeSnapshot, encodeSnapshot, isSameSnapshot, type Snapshot, type SnapshotId } from "./snapshot.ts";

interface Incoming {
  readonly id: SnapshotId;
  readonly pieces: Uint8Array[];
  position: number;
}

/** What came of a piece: a whole snapshot, to be stored; or which byte is wanted next. */
export type Received = { readonly type: "whole"; readonly snapshot: Snapshot } | { readonly type: "wanted"; readonly position: number };

/** The snapshots of one node: the one it has, the one that is being taken, the one that comes in pieces, those that are being stored. */
export class Snapshots {
  private readonly options: ResolvedOptions;
  private stored: Snapshot | undefined;
  private taking: (LogPosition & { readonly voters: readonly Voter[] }) | undefined;
  private incoming: Incoming | undefined;
  private readonly storing = new Map<number, Snapshot>();
  private lastId = 0;
  private bytesSince = 0;
  private entriesSince = 0;

  constructor(options: ResolvedOptions, stored: Snapshot | undefined) {
    this.options = options;
    this.stored = stored;
  }

  /** The newest that is durable. */
  get current(): Snapshot | undefined {
    return this.stored;
  }

  /** Counts a committed entry; true if a snapshot is to be taken behind it. All nodes count alike, so that they take them at the same places. */
  isDueAfter(entry: Entry): boolean {
    const { snapshotAfterBytes, snapshotAfterEntries } = this.options.limits;
    this.bytesSince += entry.payload.length;
    this.entriesSince++;
    return this.taking === undefined && (this.bytesSince >= snapshotAfterBytes || this.entriesSince >= snapshotAfterEntries);
  }

  begin(at: LogPosition & { readonly voters: readonly Voter[] }): void {
    this.taking = at;
    this.bytesSince = 0;
    this.entriesSince = 0;
  }

  /** The application's state behind `index`: to be stored, unless it was not asked for or a newer snapshot came meanwhile. */
  taken(index: number, data: Uint8Array): Snapshot | undefined {
    const { taking } = this;
    if (taking?.index !== index) return undefined;
    this.taking = undefined;
    return this.newestIndex >= index ? undefined : encodeSnapshot({ ...taking, data }, this.options.crc);
  }

  /** The id under which it is being stored. */
  store(snapshot: Snapshot): number {
    this.storing.set(++this.lastId, snapshot);
    return this.lastId;
  }

  /** It is durable; undefined if no such one was being stored. */
  complete(id: number): Snapshot | undefined {
    const snapshot = this.storing.get(id);
    this.storing.delete(id);
    if (snapshot !== undefined && snapshot.index > (this.stored?.index ?? 0)) this.stored = snapshot;
    return snapshot;
  }

  /** The state was replaced by a snapshot: what is counted and taken before it is of no account. */
  restored(): void {
    this.taking = undefined;
    this.bytesSince = 0;
    this.entriesSince = 0;
  }

  /** One piece; undefined if nothing is to be said to it. A damaged one is dropped as a whole, and asked for from its first byte. */
  receive(chunk: SnapshotChunk): Received | undefined {
    const { snapshot: id, position, bytes } = chunk;
    if (id.size > this.options.limits.maxSnapshotBytes) return undefined;
    // It is being stored, or a newer one is, which must not be overtaken: nothing of it is wanted.
    if (id.index <= this.newestIndex) return { type: "wanted", position: id.size };
    // A new leader that has the very same snapshot goes on where the last one stopped.
    if (this.incoming === undefined || !isSameSnapshot(this.incoming.id, id)) this.incoming = { id, pieces: [], position: 0 };
    const { incoming } = this;
    if (position !== incoming.position || bytes.length === 0) return { type: "wanted", position: incoming.position };
    incoming.pieces.push(bytes);
    incoming.position += bytes.length;
    if (incoming.position < id.size) return { type: "wanted", position: incoming.position };
    this.incoming = undefined;
    const snapshot = this.assemble(incoming);
    return snapshot === undefined ? { type: "wanted", position: 0 } : { type: "whole", snapshot };
  }

  private get newestIndex(): number {
    return Math.max(this.stored?.index ?? 0, ...[...this.storing.values()].map(({ index }) => index));
  }

  private assemble({ id, pieces }: Incoming): Snapshot | undefined {
    const file = new Uint8Array(id.size);
    let at = 0;
    for (const piece of pieces) {
      file.set(piece, at);
      at += piece.length;
    }
    try {
      const snapshot = decodeSnapshot(file, this.options.crc);
      return isSameSnapshot(snapshot.id, id) ? snapshot : undefined;
    } catch (error) {
      if (error instanceof CorruptSnapshotError) return undefined;
      throw error;
    }
  }
}
