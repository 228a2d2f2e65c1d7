import { inLogDirectory } from "@samsa/world";
import type { NodeView } from "../cluster/cluster.ts";
import type { Ghost } from "./ghost.ts";
import type { InvariantCheck, Report, Turn } from "./invariant-check.ts";

/** Kafka's name of what a broker leaves in a log directory that it has stopped in order. */
const CLEAN_STOP = ".kafka_cleanshutdown";

/** What was to be written at some moment is written so much later, on a disk that works. */
const WRITTEN_WITHIN_US = 5_000_000;

/** A log starts there from that moment on. */
interface Start {
  readonly offset: number;
  readonly sinceUs: number;
}

/** Where a log started while one process had it, oldest first. */
interface Life {
  readonly incarnation: number;
  readonly logDir: number;
  readonly topic: string;
  readonly starts: Start[];
  isBeginningAnew: boolean;
}

/** Where it may start when the next process has read it. */
interface Expected {
  readonly fromOffset: number;
  readonly toOffset: number;
}

/**
 * I-P15 from one process to the next (KIP-107). A log starts where it did when its process stopped in order. After a kill it starts no earlier than it
 * has for longer than log starts are written down: what is deleted does not come back. Nor does it start later than it has lately, which would hide
 * records. What an unclean leader cuts, or has its follower begin anew, takes the start back with it, and is seen so before the process ends. A
 * loss of power, another disk, a log that was just beginning anew, and, where the process was killed, a disk that has been slow, full or
 * failing, promise nothing.
 */
export class KeptLogStarts implements InvariantCheck {
  readonly id = "I-P15";
  private readonly report: Report;
  /** By `node/partition`. */
  private readonly lives = new Map<string, Life>();
  private readonly expected = new Map<string, Expected>();
  /** By node: when its process was seen last. */
  private readonly seenUs = new Map<number, number>();

  constructor(report: Report) {
    this.report = report;
  }

  started(view: NodeView, ghost: Ghost, { lostPower }: { readonly lostPower: boolean }): void {
    if (lostPower) return this.wiped(view.id);
    for (const [at, life] of this.lives) {
      if (!at.startsWith(`${view.id}/`) || this.expected.has(at)) continue;
      const expected = this.expectedOf(view, ghost, life);
      if (expected !== undefined) this.expected.set(at, expected);
    }
  }

  wiped(node: number): void {
    for (const known of [this.lives, this.expected]) for (const at of known.keys()) if (at.startsWith(`${node}/`)) known.delete(at);
  }

  afterTurn(view: NodeView, ghost: Ghost, { changed }: Turn): void {
    this.seenUs.set(view.id, ghost.nowUs);
    for (const { key, log, logDir, topic, partition } of changed) {
      if (!log.isReady) continue;
      const at = `${view.id}/${key}`;
      const known = this.lives.get(at);
      const life = known?.incarnation === view.incarnation ? known : { incarnation: view.incarnation, logDir, topic, starts: [], isBeginningAnew: false };
      this.lives.set(at, life);
      life.isBeginningAnew = log.isBeginningAnew;
      if (life.starts.at(-1)?.offset !== log.logStartOffset) life.starts.push({ offset: log.logStartOffset, sinceUs: ghost.nowUs });
      const expected = this.expected.get(at);
      if (expected === undefined) continue;
      this.expected.delete(at);
      this.check(`${topic}-${partition} on node ${view.id}`, log.logStartOffset, expected);
    }
  }

  private check(name: string, offset: number, { fromOffset, toOffset }: Expected): void {
    if (offset < fromOffset) this.report(this.id, `${name}: what lies before ${fromOffset} was deleted, and the log comes back with ${offset} as its start`);
    if (offset > toOffset) this.report(this.id, `${name}: the log started at ${toOffset}, and comes back with ${offset} as its start, which hides records`);
  }

  private expectedOf(view: NodeView, ghost: Ghost, { logDir, topic, starts, isBeginningAnew }: Life): Expected | undefined {
    const last = starts.at(-1);
    if (last === undefined) return undefined;
    const limited = (toOffset: number): number => (ghost.retainedBytesOf(topic) !== undefined ? Number.POSITIVE_INFINITY : toOffset);
    if (view.fileOf(inLogDirectory(logDir, CLEAN_STOP), 1) !== undefined) return { fromOffset: last.offset, toOffset: limited(last.offset) };
    if (isBeginningAnew || ghost.unreliableDisks.has(view.id)) return undefined;
    const endUs = this.seenUs.get(view.id) ?? 0;
    const recently = startsSince(starts, endUs - WRITTEN_WITHIN_US);
    const unwritten = startsSince(starts, endUs - WRITTEN_WITHIN_US - ghost.logStartIntervalMs * 1000);
    return { fromOffset: Math.min(...unwritten), toOffset: limited(Math.max(...recently)) };
  }
}

/** Where the log has started at that moment or since. */
const startsSince = (starts: readonly Start[], sinceUs: number): number[] =>
  starts.filter((_, index) => (starts[index + 1]?.sinceUs ?? Number.POSITIVE_INFINITY) >= sinceUs).map(({ offset }) => offset);
