import * as fs from "node:fs";
import { join } from "node:path";
import type { AppendPlace, DirectoryEntry, DiskPort, Done, Outcome, VolumeSize } from "@samsa/world";
import { failed, placedPath, succeeded } from "@samsa/world";
import { invariant } from "@samsa/stdx";
import { Descriptors, OPEN_FILES_MAX, URGENT_FILES_MAX } from "./descriptors.ts";
import { listDirectory, readFully, syncDirectory } from "./file-io.ts";
import { LoopWrites } from "./loop-writes.ts";
import { OverdueWork } from "./overdue-work.ts";
import { PiecePool, unpooled } from "./piece-pool.ts";
import { SharedSyncs, SyncGate, SYNCS_MAX } from "./sync-gate.ts";
import { diskFailure } from "./system-error.ts";
import { setImmediate } from "./timers.ts";

export interface NodeDiskOptions {
  readonly dataDir: string;
  /** Log directories beside it, in their order. */
  readonly furtherDirs?: readonly string[];
  readonly openFilesMax?: number;
  readonly syncsMax?: number;
  /** The network's too; its own if it is left out. */
  readonly pieces?: PiecePool;
}

/** Operations that wait for each other: for descriptors, and for the syncs before theirs. */
interface Lane {
  readonly descriptors: Descriptors;
  readonly syncs: SharedSyncs<Outcome<void>>;
}

const laneOf = (openFilesMax: number, syncsMax: number): Lane => ({
  descriptors: new Descriptors(openFilesMax),
  syncs: new SharedSyncs(new SyncGate(syncsMax)),
});

type Work<T> = (done: Done<T>) => void;

/**
 * Files below the log directories of one node. It keeps no order of its own: the shell has at most one change per file under way.
 * What it relies on: the page cache shows a finished write to every later read.
 */
export class NodeDisk implements DiskPort {
  private readonly roots: readonly string[];
  /** By the number of the log directory. */
  private readonly volumes: readonly OverdueWork[];
  private readonly pieces: PiecePool;
  private readonly writes = new LoopWrites();
  private readonly ordinary: Lane;
  /**
   * Thousands of partitions have their files opened and synced while the quorum waits for its log: descriptors and a queue of its own, or it
   * would lose its leader. A file may be open in both: the page cache is one, and a sync by one descriptor covers writes by the other.
   */
  private readonly urgent = laneOf(URGENT_FILES_MAX, 1);
  private underWay = 0;
  private isClosed = false;
  private whenIdle: (() => void) | undefined;

  constructor(options: NodeDiskOptions) {
    this.roots = [options.dataDir, ...(options.furtherDirs ?? [])];
    this.volumes = this.roots.map(() => new OverdueWork());
    this.pieces = options.pieces ?? new PiecePool();
    this.ordinary = laneOf(options.openFilesMax ?? OPEN_FILES_MAX, options.syncsMax ?? SYNCS_MAX);
  }

  get openFiles(): number {
    return this.ordinary.descriptors.size + this.urgent.descriptors.size;
  }

  append({ path, position, isUrgent = false }: AppendPlace, buffers: readonly Uint8Array[], done: Done<void>): void {
    this.onFile({ path, creates: true, isUrgent }, done, (fd, finished) => this.writes.write({ fd, position, volume: this.volumeOf(path) }, buffers, finished));
  }

  sync(path: string, done: Done<void>, isUrgent = false): void {
    const { descriptors, syncs } = this.lane(isUrgent);
    // A descriptor is taken when its turn has come: hundreds that wait would have all there are.
    const start = (absolute: string, synced: Done<void>): void =>
      onOpen(descriptors, { absolute, creates: false }, synced, (fd, ended) => fs.fdatasync(fd, settle(this.volumeOf(path).watch(ended))));
    this.onPath(path, done, (absolute, finished) => syncs.run(absolute, (synced) => start(absolute, synced), finished));
  }

  syncDirectory(path: string, done: Done<void>, isUrgent = false): void {
    const { syncs } = this.lane(isUrgent);
    this.onPath(path, done, (absolute, finished) => syncs.run(absolute, (synced) => syncDirectory(absolute, this.volumeOf(path).watch(synced)), finished));
  }

  read(path: string, position: number, length: number, done: Done<Uint8Array>): void {
    this.onFile({ path, creates: false }, done, (fd, finished) => readFully(fd, position, unpooled(length), finished));
  }

  readToSend(path: string, position: number, length: number, done: Done<Uint8Array>): void {
    this.onFile({ path, creates: false }, done, (fd, finished) => readFully(fd, position, this.pieces.take(length), finished));
  }

  truncate(path: string, length: number, done: Done<void>, isUrgent = false): void {
    this.onFile({ path, creates: false, isUrgent }, done, (fd, finished) => fs.ftruncate(fd, length, settle(finished)));
  }

  rename(from: string, to: string, done: Done<void>): void {
    this.onPath(from, done, (source, finished) => {
      const target = this.resolve(to);
      if (target === undefined) return finished(outside(to));
      this.change([source, target], finished, (renamed) => fs.rename(source, target, settle(renamed)));
    });
  }

  delete(path: string, done: Done<void>): void {
    this.onPath(path, done, (absolute, finished) => this.change([absolute], finished, (deleted) => fs.unlink(absolute, settle(deleted))));
  }

  list(path: string, done: Done<readonly DirectoryEntry[]>): void {
    this.onPath(path, done, listDirectory);
  }

  statVolume(path: string, done: Done<VolumeSize>): void {
    this.onPath(path, done, (absolute, finished) =>
      fs.statfs(absolute, (error, volume) => {
        if (error !== null) return finished(diskFailure(error));
        const { bsize, blocks, bavail } = volume;
        finished(succeeded({ totalBytes: bsize * blocks, usableBytes: bsize * bavail }));
      }),
    );
  }

  makeDirectory(path: string, done: Done<void>): void {
    this.onPath(path, done, (absolute, finished) => fs.mkdir(absolute, { recursive: true }, settle(finished)));
  }

  /** Lets what is under way finish, then closes all files; `done` comes once, and no operation succeeds any more. */
  close(done: () => void): void {
    this.isClosed = true;
    this.whenIdle = () => {
      this.ordinary.descriptors.detachAll(() => this.urgent.descriptors.detachAll(() => setImmediate(done)));
    };
    if (this.underWay === 0) setImmediate(this.whenIdle);
  }

  private lane(isUrgent: boolean): Lane {
    return isUrgent ? this.urgent : this.ordinary;
  }

  private volumeOf(path: string): OverdueWork {
    const volume = this.volumes[placedPath(path).logDir];
    invariant(volume !== undefined, "what is written is in a log directory", { path });
    return volume;
  }

  private get lanes(): readonly Lane[] {
    return [this.ordinary, this.urgent];
  }

  private onFile<T>(file: { path: string; creates: boolean; isUrgent?: boolean }, done: Done<T>, work: (fd: number, finished: Done<T>) => void): void {
    const { descriptors } = this.lane(file.isUrgent === true);
    this.onPath(file.path, done, (absolute, finished) => onOpen(descriptors, { absolute, creates: file.creates }, finished, work));
  }

  /** Runs `work` and counts it until it is done. */
  private onPath<T>(path: string, done: Done<T>, work: (absolute: string, finished: Done<T>) => void): void {
    const absolute = this.resolve(path);
    if (this.isClosed || absolute === undefined) {
      const outcome = this.isClosed ? failed("EIO", "the world is closed") : outside(path);
      setImmediate(() => done(outcome));
      return;
    }
    this.underWay++;
    let isInCall = true;
    const finish: Done<T> = (outcome) => {
      // `done` is never called from inside the call that takes it.
      if (isInCall) return void setImmediate(finish, outcome);
      this.underWay--;
      done(outcome);
      if (this.underWay === 0) this.whenIdle?.();
    };
    work(absolute, finish);
    isInCall = false;
  }

  /**
   * A change of what names mean, after who asked for the files before has them open:
   * 1. a sync waits for its turn or for a descriptor, 2. the file is renamed or deleted, 3. the sync finds no file, and fails.
   */
  private change(paths: readonly string[], finished: Done<void>, work: Work<void>): void {
    const change = (): void =>
      work((outcome) => {
        for (const { descriptors } of this.lanes) for (const path of paths) descriptors.detach(path);
        finished(outcome);
      });
    const waits = this.lanes.flatMap((lane) => paths.map((path) => ({ lane, path })));
    const next = (index: number): void => {
      const wait = waits[index];
      if (wait === undefined) return change();
      const { lane, path } = wait;
      lane.syncs.whenBegun(path, () => lane.descriptors.whenOpened(path, () => next(index + 1)));
    };
    next(0);
  }

  /** Undefined for a path that leads out of its log directory, or into none, or that no file can have. */
  private resolve(path: string): string | undefined {
    if (path.includes("..") && path.split("/").includes("..")) return undefined;
    const placed = placedPath(path);
    const root = this.roots[placed.logDir];
    return path.includes("\0") || root === undefined ? undefined : join(root, placed.path);
  }
}

/** Runs `work` with the file open, and gives the descriptor back before `finished`. */
function onOpen<T>(
  descriptors: Descriptors,
  { absolute, creates }: { readonly absolute: string; readonly creates: boolean },
  finished: Done<T>,
  work: (fd: number, finished: Done<T>) => void,
): void {
  descriptors.acquire(absolute, { creates }, (error, descriptor) => {
    if (error !== undefined) return finished(diskFailure(error));
    if (descriptor === undefined) return finished(failed("EIO", "not open"));
    work(descriptor.fd, (outcome) => {
      descriptor.release();
      finished(outcome);
    });
  });
}

const outside = (path: string): Outcome<never> => failed("EACCES", `not a path in a log directory: ${JSON.stringify(path)}`);

/** From Node's callback to ours. */
function settle(done: Done<void>): (error: Error | null) => void {
  return (error) => done(error === null ? succeeded(undefined) : diskFailure(error));
}
