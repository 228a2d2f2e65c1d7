import type { Now } from "@samsa/stdx";

type Start = (done: (now: Now) => void, failed: (detail: string, now: Now) => void) => void;

interface Deletion {
  readonly directory: string;
  readonly start: Start;
}

export interface LogDeletionsEvents {
  /** The directory's name may be used again. */
  free(directory: string, now: Now): void;
  failed(detail: string, now: Now): void;
}

/** Directories whose files are deleted at the same time: a topic with thousands of partitions must not take the disk from the others. */
const MAX_UNDER_WAY = 16;

/** Logs that are being deleted, or wait for it. While its directory is, no log of the same name may be opened: it would find the old one's files. */
export class LogDeletions {
  private readonly events: LogDeletionsEvents;
  private readonly directories = new Set<string>();
  private readonly waiting: Deletion[] = [];
  private underWay = 0;

  constructor(events: LogDeletionsEvents) {
    this.events = events;
  }

  has(directory: string): boolean {
    return this.directories.has(directory);
  }

  add(deletion: Deletion): void {
    this.directories.add(deletion.directory);
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
        (detail, now) => this.events.failed(detail, now),
      );
    }
  }

  private ended(directory: string, now: Now): void {
    this.underWay--;
    this.directories.delete(directory);
    this.startMore();
    this.events.free(directory, now);
  }
}
