import type { ClientKind } from "./clients.ts";
import type { Told } from "./command.ts";
import type { ForeignClient } from "./foreign-client.ts";
import { startClient } from "./start-client.ts";

/** A member of a group in a process of its own, and what it was given. */
export class Member {
  readonly client: ForeignClient;
  /** In the order in which they were told; a value is told again where it was not committed. */
  readonly seen: string[] = [];
  /** Records of each partition. */
  readonly given = new Map<number, number>();
  assigned: readonly number[] = [];
  /** Offsets behind the next one of their partition, though nothing was assigned anew. What was not committed may come again. */
  readonly gaps: string[] = [];
  /** What it was told that went wrong. */
  readonly errors: string[] = [];
  private readonly next = new Map<number, number>();
  private readonly onRecords: (() => void) | undefined;

  constructor(kind: ClientKind, bootstrap: string, onRecords?: () => void) {
    this.onRecords = onRecords;
    this.client = startClient(kind, bootstrap, (told) => this.told(told));
  }

  private told(told: Told): void {
    switch (told.event) {
      case "assigned":
        this.assigned = told.partitions;
        this.next.clear();
        return;
      case "records":
        for (const [offset, value] of told.records) this.take(told.partition, offset, value ?? "");
        return this.onRecords?.();
      case "member-error":
      case "member-ended":
        this.errors.push(`${told.event}: ${told.error}`);
        return;
      case "positioned":
        return;
    }
  }

  private take(partition: number, offset: number, value: string): void {
    const next = this.next.get(partition);
    if (next !== undefined && offset > next) this.gaps.push(`partition ${partition}: ${offset} where ${next} was to come`);
    this.next.set(partition, offset + 1);
    this.given.set(partition, (this.given.get(partition) ?? 0) + 1);
    this.seen.push(value);
  }
}
