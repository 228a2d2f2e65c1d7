import type { ControllerChannel, OnReply } from "@samsa/broker";
import type { ControllerReply, ControllerRequest, RequestToken } from "@samsa/controller";
import { type DeadlineHandle, DeadlineHeap, type Micros, micros, type NodeId, type Now } from "@samsa/stdx";

export interface AskTransport {
  /** Where the active controller is, as far as this node knows; −1: nowhere. */
  readonly leader: NodeId;
  /** False: it could not be sent. */
  askPeer(peer: NodeId, token: RequestToken, request: ControllerRequest): boolean;
  askSelf(token: RequestToken, request: ControllerRequest, now: Now): void;
  readonly self: NodeId;
}

interface Ask {
  readonly token: RequestToken;
  readonly peer: NodeId;
  readonly type: ControllerRequest["type"];
  readonly answered: (reply: ControllerReply | undefined, now: Now) => void;
  deadline: DeadlineHandle | undefined;
}

const ASK_TIMEOUT_MS = 2_000;
/** Questions under way; one more is answered as unknown at once. */
const MAX_ASKS = 10_000;

/** Questions of this node to the active controller, paired with their answers. */
export class ControllerAsks implements ControllerChannel {
  private readonly transport: AskTransport;
  private readonly asks = new Map<RequestToken, Ask>();
  private readonly deadlines = new DeadlineHeap<Ask>();
  /** Failed at once; told at the end of the turn, so that nobody is called back from inside its own call. */
  private failed: Ask[] = [];
  private nextToken = 1;

  constructor(transport: AskTransport) {
    this.transport = transport;
  }

  get nextDeadlineUs(): Micros | undefined {
    return this.deadlines.nextAt();
  }

  get hasFailed(): boolean {
    return this.failed.length > 0;
  }

  ask<R extends ControllerRequest>(request: R, onReply: OnReply<R["type"]>, now: Now, timeoutMs = ASK_TIMEOUT_MS): void {
    const { transport } = this;
    const token = this.nextToken++;
    const answered = (reply: ControllerReply | undefined, at: Now): void => onReply(reply as Parameters<typeof onReply>[0], at);
    const ask: Ask = { token, peer: transport.leader, type: request.type, answered, deadline: undefined };
    if (transport.leader < 0 || this.asks.size >= MAX_ASKS) {
      this.failed.push(ask);
      return;
    }
    ask.deadline = this.deadlines.add(micros(now.monotonicUs + timeoutMs * 1000), ask);
    this.asks.set(token, ask);
    if (transport.leader === transport.self) transport.askSelf(token, request, now);
    else if (!transport.askPeer(transport.leader, token, request)) this.fail(ask);
  }

  answered(token: RequestToken, from: NodeId, reply: ControllerReply, now: Now): void {
    const ask = this.asks.get(token);
    if (ask === undefined || ask.peer !== from || ask.type !== reply.type) return;
    this.forget(ask);
    ask.answered(reply, now);
  }

  /** The connection to a peer broke: what was asked there may or may not have been done. */
  peerLost(peer: NodeId): void {
    for (const ask of this.asks.values()) if (ask.peer === peer) this.fail(ask);
  }

  deadline(now: Now): void {
    for (let ask = this.deadlines.popDue(now.monotonicUs); ask !== undefined; ask = this.deadlines.popDue(now.monotonicUs)) this.fail(ask);
  }

  endTurn(now: Now): void {
    const { failed } = this;
    this.failed = [];
    for (const ask of failed) ask.answered(undefined, now);
  }

  private fail(ask: Ask): void {
    this.forget(ask);
    this.failed.push(ask);
  }

  private forget(ask: Ask): void {
    this.asks.delete(ask.token);
    if (ask.deadline !== undefined) this.deadlines.cancel(ask.deadline);
  }
}
