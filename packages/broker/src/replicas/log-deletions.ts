import type { Now } from "@samsa/stdx";
import { placedPath } from "@samsa/world";

type Start = (done: (now: Now) => void, failed: (detail: string, now: Now) => void) => void;

interface Deletion {
  readonly directory: string;
  readonly start: Start;
}

export interface LogDeletionsEvents {
  /** The directory's name may be used again. */
  free(directory: string, now: Now): void;
  /** Nothing more is done to it: what is left there stays. */
  failed(directory: string, detail: string, now: Now): void;
}

/** Directories whose files are deleted at the same time: a topic with thousands of partitions must not take the disk from the others. */
const MAX_UNDER_WAY = 16;

/** Logs that are being deleted, or wait for it. While its directory is, no log of the same name may be opened: it would find the old one's files. */
export class LogDeletions {
  private readonly events: LogDeletionsEvents;
  /** How many directories of a name are on their way out: one in each log directory at most. */
  private readonly names = new Map<string, number>();
  private readonly waiting: Deletion[] = [];
  private underWay = 0;

  constructor(events: LogDeletionsEvents) {
    this.events = events;
  }

  /** Whether a directory of this name is on its way out, in whichever log directory. */
  has(name: string): boolean {
    return this.names.has(name);
  }

  add(deletion: Deletion): void {
    this.count(deletion.directory, 1);
    this.waiting.push(deletion);
    this.startMore();
  }

  private startMore(): void {
    while (this.underWay < MAX_UNDER_WAY) {
      const next = this.waiting.shift();
      if (next === undefined) return;
      this.underWay++;
      next.start(
        (now) => this.ended(next.directory, now),
        (detail, now) => {
          this.events.failed(next.directory, detail, now);
          this.ended(next.directory, now);
        },
      );
    }
  }

  private ended(directory: string, now: Now): void {
    this.underWay--;
    this.count(directory, -1);
    this.startMore();
    this.events.free(directory, now);
  }

  private count(directory: string, by: number): void {
    const { path: name } = placedPath(directory);
    const left = (this.names.get(name) ?? 0) + by;
    if (left === 0) this.names.delete(name);
    else this.names.set(name, left);
  }
}
