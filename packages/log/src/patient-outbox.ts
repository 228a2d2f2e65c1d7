import { afterMs, type Micros, type Now } from "@samsa/stdx";
import type { Completable, Completion, EffectId, Outbox, Request } from "@samsa/world";
import { FileGenerations } from "./file-generations.ts";
import { FULL_DISK_RETRY_MS } from "./log-config.ts";

/** Where effects are asked for. */
export type Requests = Pick<Outbox, "request">;

interface Asked {
  readonly request: Request;
  readonly owner: Completable;
  /** As its owner knows it. */
  readonly id: EffectId;
  /** How often its file had been cut or deleted by then. */
  readonly generation: number;
}

interface Refused {
  readonly asked: Asked;
  readonly completion: Completion;
  readonly now: Now;
}

/**
 * For the small files of a log, and for its recovery: what finds no room on the disk is asked for again until it does, and its owner hears of it
 * then. That is right where an owner waits for each step before it asks for the next: the same bytes go to the same place. For records it is
 * not, of which many writes are under way: see `WritePipeline`.
 *
 * A truncation does not wait for it, and what it deletes must not come back:
 *
 * 1. a snapshot finds no room; 2. the log is cut before it, and the snapshots behind the cut are deleted; 3. there is room: were it written now,
 * the next start would begin with producers of records that are no more.
 */
export class PatientOutbox implements Requests, Completable {
  private readonly outbox: Outbox;
  private readonly generations: FileGenerations;
  private readonly foundNoRoom: (because: string, now: Now) => void;
  private readonly asked = new Map<EffectId, Asked>();
  private waiting: Refused[] = [];
  private isStopped = false;
  private retryAtUs: Micros | undefined;

  /** `foundNoRoom`: `nextDeadlineUs` has come to be. `generations`: of those files that are cut or deleted without it. */
  constructor(outbox: Outbox, foundNoRoom: (because: string, now: Now) => void, generations = new FileGenerations()) {
    this.outbox = outbox;
    this.generations = generations;
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
    this.asked.set(id, { request, owner, id, generation: this.generationOf(request) });
    return id;
  }

  complete(completion: Completion, now: Now): void {
    const asked = this.asked.get(completion.id);
    this.asked.delete(completion.id);
    if (asked === undefined) return;
    const { request, id } = asked;
    const canWait = request.type === "append" || request.type === "make-directory";
    if (this.isStopped || completion.type !== "failed" || completion.error.code !== "ENOSPC" || !canWait)
      return asked.owner.complete({ ...completion, id }, now);
    this.waiting.push({ asked, completion, now });
    this.retryAtUs ??= afterMs(now, FULL_DISK_RETRY_MS);
    this.foundNoRoom(completion.error.detail, now);
  }

  deadline(now: Now): void {
    if (this.retryAtUs === undefined || this.retryAtUs > now.monotonicUs) return;
    this.retryAtUs = undefined;
    const again = this.waiting;
    this.waiting = [];
    for (const { asked } of again) {
      if (asked.generation === this.generationOf(asked.request)) this.asked.set(this.outbox.request(asked.request, this), asked);
      else asked.owner.complete({ type: "appended", id: asked.id }, now);
    }
  }

  /** Nothing is tried again: owners hear of it, for they may hold a place of which the node has few. They must have stopped before. */
  stop(): void {
    const { waiting } = this;
    this.isStopped = true;
    this.waiting = [];
    this.retryAtUs = undefined;
    for (const { asked, completion, now } of waiting) asked.owner.complete({ ...completion, id: asked.id }, now);
  }

  private generationOf(request: Request): number {
    return request.type === "append" ? this.generations.of(request.path) : 0;
  }
}
