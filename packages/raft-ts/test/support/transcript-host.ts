import { encodeWrite, type Entry, type PersistedWrite, type RaftNode, recover, type Recovered, type ReplicaKey, type Snapshot } from "../../src/index.ts";
import { Application } from "./application.ts";
import { crc32c } from "./crc.ts";
import { entry, replica } from "./replicas.ts";
import { SimDisk } from "./sim-disk.ts";

/** One node of a transcript: its process, if it runs, its disk, and what waits for the disk. */
export class TranscriptHost {
  readonly id: number;
  node: RaftNode | undefined;
  application = new Application();
  outstanding: { readonly id: number; readonly write: PersistedWrite } | undefined;
  /** The state that was asked for and not handed over yet. */
  taking: { readonly index: number; readonly data: Uint8Array } | undefined;
  storing: { readonly id: number; readonly snapshot: Snapshot }[] = [];
  private disk = new SimDisk();
  private disks = 0;

  constructor(id: number) {
    this.id = id;
  }

  get key(): ReplicaKey {
    return this.disks === 0 ? replica(this.id) : { id: this.id, directoryId: `d${this.id}.${this.disks}` };
  }

  get isBusy(): boolean {
    return this.outstanding !== undefined || this.taking !== undefined || this.storing.length > 0;
  }

  /** As if it had been written before the transcript began. */
  remember(write: PersistedWrite): void {
    this.disk.write("append", encodeWrite(write, crc32c));
    this.disk.sync();
  }

  recover(): Recovered {
    this.application = new Application();
    return recover(this.disk.wal, this.disk.snapshot, crc32c).recovered;
  }

  /** The outstanding write is on disk. */
  sync(): { readonly id: number; readonly write: PersistedWrite } | undefined {
    const { outstanding } = this;
    if (outstanding === undefined) return undefined;
    this.outstanding = undefined;
    this.disk.write(outstanding.write.base === undefined ? "append" : "replace", encodeWrite(outstanding.write, crc32c));
    this.disk.sync();
    return outstanding;
  }

  store(): { readonly id: number; readonly snapshot: Snapshot } | undefined {
    const stored = this.storing.shift();
    if (stored === undefined) return undefined;
    this.disk.store(stored.snapshot.file);
    this.disk.completeStore();
    return stored;
  }

  stop(): void {
    this.node = undefined;
    this.outstanding = undefined;
    this.taking = undefined;
    this.storing = [];
  }

  loseSnapshot(): void {
    const { wal } = this.disk;
    this.disk = new SimDisk();
    this.disk.rewrite(wal);
  }

  wipe(): void {
    this.disk = new SimDisk();
    this.disks++;
  }
}

/** `term=3 vote=2 log=1,1,3`: one entry a term listed. */
export function parsePast(words: readonly string[]): PersistedWrite {
  const fields = new Map(words.map((word): [string, string] => [word.split("=")[0] ?? "", word.split("=")[1] ?? ""]));
  const terms = (fields.get("log") ?? "").split(",").filter(Boolean).map(Number);
  const entries: readonly Entry[] = terms.map((term, i) =>
    entry(
      i + 1,
      term,
      [...`${i + 1}/${term}`].map((char) => char.charCodeAt(0)),
    ),
  );
  const vote = fields.get("vote");
  return { term: Number(fields.get("term") ?? 0), votedFor: vote === undefined ? undefined : replica(Number(vote)), truncateFrom: 0, base: undefined, entries };
}
