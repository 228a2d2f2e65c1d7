import { afterMs, type Micros, type Now } from "@samsa/stdx";
import type { Completable, Completion, EffectId, Outbox, Request } from "@samsa/world";
import { FULL_DISK_RETRY_MS } from "./log-config.ts";

/** Where effects are asked for. */
export type Requests = Pick<Outbox, "request">;

interface Asked {
  readonly request: Request;
  readonly owner: Completable;
  /** As its owner knows it. */
  readonly id: EffectId;
}

/**
 * For the small files of a log, and for its recovery: what finds no room on the disk is asked for again until it does, and its owner hears of it
 * then. That is right where an owner waits for each step before it asks for the next: the same bytes go to the same place. For records it is
 * not, of which many writes are under way: see `WritePipeline`.
 */
export class PatientOutbox implements Requests, Completable {
  private readonly outbox: Outbox;
  private readonly foundNoRoom: (because: string, now: Now) => void;
  private readonly asked = new Map<EffectId, Asked>();
  private waiting: Asked[] = [];
  private retryAtUs: Micros | undefined;

  /** `foundNoRoom`: `nextDeadlineUs` has come to be. */
  constructor(outbox: Outbox, foundNoRoom: (because: string, now: Now) => void) {
    this.outbox = outbox;
    this.foundNoRoom = foundNoRoom;
  }

  get isWaiting(): boolean {
    return this.waiting.length > 0;
  }

  get nextDeadlineUs(): Micros | undefined {
    return this.retryAtUs;
  }

  request(request: Request, owner: Completable): EffectId {
    const id = this.outbox.request(request, this);
    this.asked.set(id, { request, owner, id });
    return id;
  }

  complete(completion: Completion, now: Now): void {
    const asked = this.asked.get(completion.id);
    this.asked.delete(completion.id);
    if (asked === undefined) return;
    const { request, owner, id } = asked;
    const canWait = request.type === "append" || request.type === "make-directory";
    if (completion.type !== "failed" || completion.error.code !== "ENOSPC" || !canWait) return owner.complete({ ...completion, id }, now);
    this.waiting.push(asked);
    this.retryAtUs ??= afterMs(now, FULL_DISK_RETRY_MS);
    this.foundNoRoom(completion.error.detail, now);
  }

  deadline(now: Now): void {
    if (this.retryAtUs === undefined || this.retryAtUs > now.monotonicUs) return;
    this.retryAtUs = undefined;
    const again = this.waiting;
    this.waiting = [];
    for (const asked of again) this.asked.set(this.outbox.request(asked.request, this), asked);
  }

  stop(): void {
    this.waiting = [];
    this.retryAtUs = undefined;
  }
}
