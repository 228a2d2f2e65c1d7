import type { ControllerReply, ControllerRequest } from "@samsa/controller";
import { afterMs, type DeadlineHandle, DeadlineHeap, type Micros, type Now } from "@samsa/stdx";
import type { ControllerChannel } from "../controller-channel.ts";
import { isTooHeavy, type RequestWeight, TotalWeight, weightOf } from "./request-weight.ts";

/** A client's request that only the active controller can decide. */
export interface Forwarded {
  /** How long the client said that it may take; there is a bound to it. */
  readonly timeoutMs?: number;
  readonly onGone: (forget: () => void) => void;
}

type ReplyTo<R extends ControllerRequest> = Extract<ControllerReply, { type: R["type"] }>;

/** `refused`: nothing was done, or nobody knows; the error is for everything that was asked. */
export type Outcome<R extends ControllerRequest> =
  | { readonly type: "replied"; readonly reply: ReplyTo<R> }
  | { readonly type: "refused"; readonly error: "REQUEST_TIMED_OUT" | "INVALID_REQUEST" | ReplyTo<R>["error"]; readonly message: string | null };

interface Pending {
  readonly until: Micros;
  readonly send: (now: Now) => void;
  readonly timedOut: (now: Now) => void;
  readonly weight: RequestWeight;
  deadline: DeadlineHandle | undefined;
}

/** Kafka's request.timeout.ms: no client waits longer for a controller, whatever it asked for. */
const MAX_WAIT_MS = 30_000;
const RETRY_BACKOFF_MS = 50;
/** A controller that is slow is not asked again for what it is doing: the second answer would be that a topic exists already. */
const TRY_TIMEOUT_MS = 10_000;
/** Requests under way; one more, or one too many by what they weigh, is told at once that its time is over. */
const MAX_PENDING = 1_000;

/**
 * Requests that brokers pass on to the active controller (KIP-590). Clients are never told to look for another controller:
 *
 *     sent ──answered──▶ done
 *       └──no controller, not active any more, connection lost──▶ waiting ──backoff──▶ sent
 *     sent, waiting ──time over──▶ REQUEST_TIMED_OUT
 *
 * As with Kafka what is sent again may have been done the first time: a topic that was created then exists already.
 */
export class ForwardedRequests {
  private readonly channel: ControllerChannel;
  private readonly deadlines = new DeadlineHeap<Pending>();
  private readonly pending = new Set<Pending>();
  private readonly weight = new TotalWeight();

  constructor(channel: ControllerChannel) {
    this.channel = channel;
  }

  get nextDeadlineUs(): Micros | undefined {
    return this.deadlines.nextAt();
  }

  ask<R extends ControllerRequest>(request: R, { timeoutMs = MAX_WAIT_MS, onGone }: Forwarded, done: (outcome: Outcome<R>, now: Now) => void, now: Now): void {
    const weight = weightOf(request);
    if (isTooHeavy(weight)) return done({ type: "refused", error: "INVALID_REQUEST", message: "The request is too large." }, now);
    const timedOut = (at: Now): void => done({ type: "refused", error: "REQUEST_TIMED_OUT", message: null }, at);
    if (timeoutMs <= 0 || this.pending.size >= MAX_PENDING || !this.weight.hasRoomFor(weight)) return timedOut(now);
    const pending: Pending = {
      until: afterMs(now, Math.min(timeoutMs, MAX_WAIT_MS)),
      send: (at) => this.channel.ask(request, (reply, then) => this.answered(pending, { reply, done }, then), at, TRY_TIMEOUT_MS),
      timedOut,
      weight,
      deadline: undefined,
    };
    this.pending.add(pending);
    this.weight.add(weight);
    onGone(() => this.forget(pending));
    this.send(pending, now);
  }

  deadline(now: Now): void {
    for (let due = this.deadlines.popDue(now.monotonicUs); due !== undefined; due = this.deadlines.popDue(now.monotonicUs)) {
      if (due.until > now.monotonicUs) this.send(due, now);
      else {
        this.forget(due);
        due.timedOut(now);
      }
    }
  }

  private send(pending: Pending, now: Now): void {
    this.wakeAt(pending, pending.until);
    pending.send(now);
  }

  private answered<R extends ControllerRequest>(
    pending: Pending,
    { reply, done }: { readonly reply: ReplyTo<R> | undefined; readonly done: (outcome: Outcome<R>, now: Now) => void },
    now: Now,
  ): void {
    if (!this.pending.has(pending)) return;
    if (reply === undefined || reply.error === "NOT_CONTROLLER") {
      const again = afterMs(now, RETRY_BACKOFF_MS);
      return this.wakeAt(pending, again < pending.until ? again : pending.until);
    }
    this.forget(pending);
    done(reply.error === "NONE" ? { type: "replied", reply } : { type: "refused", error: reply.error, message: null }, now);
  }

  private wakeAt(pending: Pending, at: Micros): void {
    if (pending.deadline !== undefined) this.deadlines.cancel(pending.deadline);
    pending.deadline = this.deadlines.add(at, pending);
  }

  private forget(pending: Pending): void {
    if (this.pending.delete(pending)) this.weight.remove(pending.weight);
    if (pending.deadline !== undefined) this.deadlines.cancel(pending.deadline);
  }
}
