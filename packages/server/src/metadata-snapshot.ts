import { concatBytes, invariant, type Micros, type Now } from "@samsa/stdx";
import { fromPlain, imageToRecords, type MetadataImage, type MetadataRecord, SnapshotReader, toPlain } from "@samsa/metadata";
import { pack, unpack } from "./peer/codec.ts";

/*
 * The data of a metadata snapshot: chunks one behind the other, each a u32 length and a list of records as in an entry of the metadata log.
 */
const LENGTH_BYTES = 4;
/** Chunks of about 64 KiB that are written or read in one turn: a few milliseconds. */
const CHUNKS_PER_TURN = 4;

interface Job {
  /** Does one chunk; true when it was the last. */
  readonly chunk: () => boolean;
  readonly done: (now: Now) => void;
}

/** Writes images down and reads them again, a few chunks a turn, so that a large cluster's metadata holds nobody up. */
export class MetadataSnapshots {
  private readonly jobs: Job[] = [];
  /** What a snapshot says that Raft has not restored yet. */
  private image: MetadataImage | undefined;
  private dueAt: Micros | undefined;

  /** When it goes on; undefined while there is nothing to do. */
  get nextDeadlineUs(): Micros | undefined {
    return this.dueAt;
  }

  deadline(now: Now): void {
    const [job] = this.jobs;
    if (job === undefined) return;
    let isLast = false;
    for (let i = 0; i < CHUNKS_PER_TURN && !isLast; i++) isLast = job.chunk();
    if (isLast) {
      this.jobs.shift();
      job.done(now);
    }
    this.dueAt = this.jobs.length === 0 ? undefined : now.monotonicUs;
  }

  write(image: MetadataImage, done: (data: Uint8Array, now: Now) => void, now: Now): void {
    const chunks = imageToRecords(image);
    const parts: Uint8Array[] = [];
    const chunk = (): boolean => {
      const next = chunks.next();
      if (next.done === true) return true;
      const packed = pack(next.value.map((record) => toPlain(record)));
      const length = new Uint8Array(LENGTH_BYTES);
      new DataView(length.buffer).setUint32(0, packed.length);
      parts.push(length, packed);
      return false;
    };
    this.add({ chunk, done: (at) => done(concatBytes(parts), at) }, now);
  }

  /** `index`: of the last entry that `data` stands for. There is at least one chunk. `takeRead` gives the image when it is done. */
  read({ data, index }: { readonly data: Uint8Array; readonly index: number }, done: (now: Now) => void, now: Now): void {
    const reader = new SnapshotReader();
    let position = 0;
    const chunk = (): boolean => {
      const end = position + LENGTH_BYTES + new DataView(data.buffer, data.byteOffset, data.length).getUint32(position);
      invariant(end <= data.length, "a chunk of a metadata snapshot is whole", { index, position });
      reader.add(recordsOf(data.subarray(position + LENGTH_BYTES, end), index));
      position = end;
      return position === data.length;
    };
    this.add({ chunk, done: (at) => this.finishRead(reader.finish(index), done, at) }, now);
  }

  /** What the snapshot up to `index` says, once. */
  takeRead(index: number): MetadataImage {
    const { image } = this;
    invariant(image?.index === index, "a snapshot is read before it counts", { index, read: image?.index });
    this.image = undefined;
    return image;
  }

  private finishRead(image: MetadataImage, done: (now: Now) => void, now: Now): void {
    this.image = image;
    done(now);
  }

  private add(job: Job, now: Now): void {
    this.jobs.push(job);
    this.dueAt ??= now.monotonicUs;
  }
}

function recordsOf(bytes: Uint8Array, index: number): readonly MetadataRecord[] {
  const plain = unpack(bytes);
  invariant(Array.isArray(plain), "a chunk of a metadata snapshot is a list of records", { index });
  return plain.map((item: unknown) => {
    const read = fromPlain(item);
    invariant(read.ok, read.ok ? "" : `the metadata snapshot ${index} can't be read: ${read.error}`, { index });
    return read.record;
  });
}
