import type { Now } from "@samsa/stdx";
import { invariant } from "@samsa/stdx";
import type { Effect, EffectId, Request } from "./effect.ts";
import type { Completion } from "./input.ts";
import type { TraceBody } from "./trace.ts";

/** Whoever asked for an effect and wants its completion. It must check again what may have changed meanwhile. */
export interface Completable {
  complete(completion: Completion, now: Now): void;
}

/** Where the parts of a node put what they want done. One a node: ids are unique, completions find their owner. */
export class Outbox {
  private effects: Effect[] = [];
  private readonly owners = new Map<EffectId, Completable>();
  private lastId = 0;

  /**
   * True if somebody follows every step. Whoever is on the path of every record or entry asks first: what nobody follows is not even
   * made. Events that operators read are told all the same.
   */
  isDetailed = true;

  /** Effects asked for and not yet completed. */
  get pending(): number {
    return this.owners.size;
  }

  request(request: Request, owner: Completable): EffectId {
    const id = ++this.lastId as EffectId;
    this.owners.set(id, owner);
    this.effects.push({ ...request, id } as Effect);
    return id;
  }

  emit(effect: Exclude<Effect, { readonly id: EffectId }>): void {
    this.effects.push(effect);
  }

  trace(event: TraceBody): void {
    this.effects.push({ type: "trace", event });
  }

  complete(completion: Completion, now: Now): void {
    const owner = this.owners.get(completion.id);
    invariant(owner !== undefined, "a completion has an owner and comes once", { id: completion.id, type: completion.type });
    this.owners.delete(completion.id);
    owner.complete(completion, now);
  }

  drain(): readonly Effect[] {
    if (this.effects.length === 0) return NOTHING;
    const drained = this.effects;
    this.effects = [];
    return drained;
  }
}

const NOTHING: readonly Effect[] = [];
