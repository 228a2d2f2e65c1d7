import type { Prng } from "@samsa/stdx";
import type { AppendPlace, DirectoryEntry, DiskOperation, DiskPort, Done, EffectErrorCode, Outcome, VolumeSize } from "@samsa/world";
import { failed, placedPath, succeeded } from "@samsa/world";
import type { DirectoryTicket } from "./file-system.ts";
import { Directory, FileSystem } from "./file-system.ts";
import type { SimulatedFile, SyncTicket } from "./file.ts";
import { drawExponential } from "./latency.ts";
import type { DiskOptions } from "./options.ts";
import type { Process, Task } from "./process.ts";
import { Call } from "./process.ts";
import type { Scheduler } from "./scheduler.ts";
import type { TraceHash } from "./trace-hash.ts";

/** Errors to come: the next `count` operations of that kind on paths that contain `path`. */
export interface DiskErrors {
  readonly operation: DiskOperation;
  readonly path: string;
  readonly error: "EIO" | "ENOSPC";
  readonly count: number;
}

/** Files take nothing of it: a disk is full when a fault says so. */
const VOLUME_BYTES = 2 ** 40;

/** How an operation that was under way ends when its process dies. */
type Interrupted = "completes" | "never happened" | "in part";

interface Work<T> {
  readonly kind: DiskOperation | "metadata";
  readonly path: string;
  readonly meanUs: number;
  /** Whether it would need room that a full disk lacks. */
  readonly grows?: () => boolean;
  /** What the kernel does at the end of the latency. */
  readonly run: () => Outcome<T>;
  /** What happens instead when it fails, or is cut short. */
  readonly fail?: (interrupted: boolean) => void;
  /** Not before this. */
  readonly notBeforeUs?: number;
}

interface UnderWay {
  readonly caller: Process;
  interrupt(how: Interrupted): void;
}

/** An operation under way. It is the kernel's: a dead process doesn't stop it, a paused one only hears of it later. */
class Operation<T> implements Task, UnderWay {
  readonly process = undefined;
  readonly caller: Process;
  readonly work: Work<T>;
  readonly endsAtUs: number;
  private readonly disk: SimulatedDisk;
  private readonly done: Done<T>;
  private isOver = false;

  constructor(parts: { disk: SimulatedDisk; caller: Process; work: Work<T>; endsAtUs: number; done: Done<T> }) {
    this.disk = parts.disk;
    this.caller = parts.caller;
    this.work = parts.work;
    this.endsAtUs = parts.endsAtUs;
    this.done = parts.done;
  }

  fire(): void {
    if (this.isOver) return;
    this.isOver = true;
    const outcome = this.disk.conclude(this);
    this.caller.deliver(new Call(this.caller, () => this.done(outcome)));
  }

  interrupt(how: Interrupted): void {
    this.isOver = true;
    if (how === "completes") this.work.run();
    else this.work.fail?.(how === "in part");
  }
}

/** One host's disk: latencies and errors before a file system that outlives the host's processes. */
export class SimulatedDisk {
  readonly files = new FileSystem();
  /** Added to every operation. */
  slowByUs = 0;
  /** Faults that say the disk is full. */
  fullBy = 0;
  private readonly failedLogDirs = new Map<number, number>();
  /** Operations that came to their end. */
  operations = 0;
  /** Told when a sync of a file begins. */
  onSync: ((path: string) => void) | undefined;
  private readonly node: number;
  private readonly scheduler: Scheduler;
  private readonly hash: TraceHash;
  private readonly options: DiskOptions;
  private readonly latencies: Prng;
  private readonly fates: Prng;
  private readonly underWay = new Set<UnderWay>();
  private errors: { readonly rule: DiskErrors; remaining: number }[] = [];

  constructor(parts: { node: number; scheduler: Scheduler; hash: TraceHash; options: DiskOptions; stream: Prng }) {
    this.node = parts.node;
    this.scheduler = parts.scheduler;
    this.hash = parts.hash;
    this.options = parts.options;
    this.latencies = parts.stream.fork("latencies");
    this.fates = parts.stream.fork("fates");
  }

  portOf(process: Process): DiskPort {
    return new ProcessDisk(this, process, this.options);
  }

  injectErrors(rule: DiskErrors): void {
    this.errors.push({ rule, remaining: rule.count });
  }

  /** `by`: 1 where one more fault begins, −1 where one ends. */
  failLogDir(logDir: number, by: number): void {
    this.failedLogDirs.set(logDir, (this.failedLogDirs.get(logDir) ?? 0) + by);
  }

  clearErrors(): void {
    this.errors = [];
  }

  submit<T>(caller: Process, work: Work<T>, done: Done<T>): number {
    const latencyUs = this.options.latencyMinUs + drawExponential(this.latencies, work.meanUs) + this.slowByUs;
    const endsAtUs = Math.max(this.scheduler.nowUs + Math.max(1, latencyUs), work.notBeforeUs ?? 0);
    if (!caller.isAlive) return endsAtUs;
    const operation = new Operation({ disk: this, caller, work, endsAtUs, done });
    this.underWay.add(operation);
    this.scheduler.schedule(endsAtUs, operation);
    return endsAtUs;
  }

  conclude<T>(operation: Operation<T>): Outcome<T> {
    const { work } = operation;
    this.underWay.delete(operation);
    this.operations++;
    const error = this.stateError(work) ?? this.takeError(work.kind, work.path);
    this.hash.mix(this.node);
    this.hash.mixText(work.kind);
    this.hash.mix(work.path.length);
    if (error === undefined) return work.run();
    work.fail?.(this.fates.below(2) === 0);
    return failed(error, `injected: ${work.kind} ${work.path}`);
  }

  /** What the process had under way completes, or not, or in part; the page cache stays. */
  processDied(process: Process): void {
    for (const operation of [...this.underWay].filter((one) => one.caller === process)) {
      this.underWay.delete(operation);
      operation.interrupt(this.fates.pick(["completes", "never happened", "in part"] as const));
    }
  }

  /** The page cache goes, too. */
  losePower(): void {
    this.files.losePower(this.fates);
  }

  /** When, after a sync began, to strike: mostly while it is under way. */
  strikeDelayUs(): number {
    return 1 + this.fates.below(Math.max(1, this.options.syncMeanUs));
  }

  /** A number below `bound`; where a write that fails is cut short. */
  drawBelow(bound: number): number {
    return this.fates.below(bound);
  }

  private stateError({ path, grows }: Work<unknown>): EffectErrorCode | undefined {
    if ((this.failedLogDirs.get(placedPath(path).logDir) ?? 0) > 0) return "EIO";
    return this.fullBy > 0 && grows?.() === true ? "ENOSPC" : undefined;
  }

  private takeError(kind: Work<unknown>["kind"], path: string): EffectErrorCode | undefined {
    const found = this.errors.find(({ rule }) => rule.operation === kind && path.includes(rule.path));
    if (found === undefined) return undefined;
    found.remaining--;
    if (found.remaining <= 0) this.errors = this.errors.filter((one) => one !== found);
    return found.rule.error;
  }
}

/** A process' way to its host's disk. */
class ProcessDisk implements DiskPort {
  private readonly disk: SimulatedDisk;
  private readonly process: Process;
  private readonly options: DiskOptions;

  constructor(disk: SimulatedDisk, process: Process, options: DiskOptions) {
    this.disk = disk;
    this.process = process;
    this.options = options;
  }

  append({ path, position }: AppendPlace, buffers: readonly Uint8Array[], done: Done<void>): void {
    const write = (bytesMax?: number): Outcome<void> => {
      const file = this.disk.files.openOrCreate(path);
      if (file === undefined) return failed("ENOENT", path);
      file.write(position, buffers, bytesMax);
      return succeeded(undefined);
    };
    // A write that fails may have written a part.
    const fail = (inPart: boolean): void => {
      if (inPart) write(this.disk.drawBelow(buffers.reduce((sum, buffer) => sum + buffer.length, 1)));
    };
    const grows = (): boolean => {
      const file = this.disk.files.file(path);
      return file === undefined || position + buffers.reduce((sum, buffer) => sum + buffer.length, 0) > file.size;
    };
    this.submit({ kind: "append", path, meanUs: this.options.appendMeanUs, grows, run: write, fail }, done);
  }

  sync(path: string, done: Done<void>): void {
    if (!this.process.isAlive) return;
    const file = this.disk.files.file(path);
    if (file === undefined) return this.refuse(path, done);
    this.disk.onSync?.(path);
    const ticket = file.beginSync();
    const work = this.syncWork(path, file, ticket);
    file.lastSyncEndsAtUs = this.disk.submit(this.process, work, done);
  }

  syncDirectory(path: string, done: Done<void>): void {
    if (!this.process.isAlive) return;
    const directory = this.disk.files.directory(path);
    if (directory === undefined) return this.refuse(path, done);
    const ticket: DirectoryTicket = this.disk.files.beginSync(directory);
    const run = (): Outcome<void> => {
      this.disk.files.finishSync(ticket);
      return succeeded(undefined);
    };
    this.submit({ kind: "sync", path, meanUs: this.options.syncMeanUs, run }, done);
  }

  read(path: string, position: number, length: number, done: Done<Uint8Array>): void {
    const run = (): Outcome<Uint8Array> => {
      const file = this.disk.files.file(path);
      if (file === undefined) return failed("ENOENT", path);
      const bytes = file.read(position, length);
      return bytes === undefined ? failed("ESHORT", `${path}: ${file.size} bytes, asked for ${position}+${length}`) : succeeded(bytes);
    };
    this.submit({ kind: "read", path, meanUs: this.options.readMeanUs, run }, done);
  }

  /** Nothing is used again here: the network copies. */
  readToSend(path: string, position: number, length: number, done: Done<Uint8Array>): void {
    this.read(path, position, length, done);
  }

  truncate(path: string, length: number, done: Done<void>): void {
    const run = (): Outcome<void> => {
      const file = this.disk.files.file(path);
      if (file === undefined) return failed("ENOENT", path);
      file.truncate(length);
      return succeeded(undefined);
    };
    this.submit({ kind: "truncate", path, meanUs: this.options.metadataMeanUs, run }, done);
  }

  rename(from: string, to: string, done: Done<void>): void {
    this.metadata(from, () => (this.disk.files.rename(from, to) ? succeeded(undefined) : failed("ENOENT", `${from} to ${to}`)), done);
  }

  delete(path: string, done: Done<void>): void {
    this.metadata(path, () => (this.disk.files.delete(path) ? succeeded(undefined) : failed("ENOENT", path)), done);
  }

  list(path: string, done: Done<readonly DirectoryEntry[]>): void {
    const run = (): Outcome<readonly DirectoryEntry[]> => {
      const directory = this.disk.files.directory(path);
      return directory === undefined ? failed("ENOENT", path) : succeeded(entriesOf(directory));
    };
    this.metadata(path, run, done);
  }

  statVolume(path: string, done: Done<VolumeSize>): void {
    this.metadata(path, () => succeeded({ totalBytes: VOLUME_BYTES, usableBytes: this.disk.fullBy > 0 ? 0 : VOLUME_BYTES }), done);
  }

  makeDirectory(path: string, done: Done<void>): void {
    const run = (): Outcome<void> => (this.disk.files.makeDirectory(path) ? succeeded(undefined) : failed("EIO", `${path}: a file is in the way`));
    const grows = (): boolean => this.disk.files.directory(path) === undefined;
    this.submit({ kind: "metadata", path, meanUs: this.options.metadataMeanUs, grows, run }, done);
  }

  private syncWork(path: string, file: SimulatedFile, ticket: SyncTicket): Work<void> {
    return {
      kind: "sync",
      path,
      meanUs: this.options.syncMeanUs,
      notBeforeUs: file.lastSyncEndsAtUs,
      run: () => {
        file.finishSync(ticket);
        return succeeded(undefined);
      },
      // Whoever is dead can't be told of an error: its pages are still dirty. Who lives has lost them.
      fail: () => (this.process.isAlive ? file.failSync(ticket) : file.abandonSync(ticket)),
    };
  }

  private metadata<T>(path: string, run: () => Outcome<T>, done: Done<T>): void {
    this.submit({ kind: "metadata", path, meanUs: this.options.metadataMeanUs, run }, done);
  }

  private refuse(path: string, done: Done<void>): void {
    this.metadata(path, () => failed("ENOENT", path), done);
  }

  private submit<T>(work: Work<T>, done: Done<T>): void {
    this.disk.submit(this.process, work, done);
  }
}

function entriesOf(directory: Directory): readonly DirectoryEntry[] {
  const names = [...directory.names].sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0));
  return names.map(([name, inode]) => (inode instanceof Directory ? { name, isDirectory: true, size: 0 } : { name, isDirectory: false, size: inode.size }));
}
