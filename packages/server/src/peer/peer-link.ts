import { micros, type Micros, type NodeId, type Now, type Prng } from "@samsa/stdx";
import type { Completable, Completion, ConnectionId, ConnectionInput, Outbox } from "@samsa/world";
import { DiallingHandshake, type HandshakeOptions, type PeerIdentity } from "./handshake.ts";
import type { RefusalLog } from "./refusal-log.ts";

export interface PeerLinkEvents {
  /** The peer proved itself; everything in flight on an earlier connection is lost. */
  linkReady(peer: PeerIdentity, now: Now): void;
  linkReceived(peer: PeerIdentity, bytes: Uint8Array, now: Now): void;
  /** A ready link broke. */
  linkLost(peer: NodeId, now: Now): void;
  /** No process listens at the peer's address. */
  linkRefused(peer: NodeId, now: Now): void;
  /** The connection is ours from here on: its inputs go to `link`. */
  linkOwns(connection: ConnectionId, link: PeerLink): void;
}

export interface PeerLinkOptions {
  readonly peer: NodeId;
  readonly host: string;
  readonly port: number;
  readonly outbox: Outbox;
  readonly handshake: HandshakeOptions;
  readonly refusals: RefusalLog;
  readonly events: PeerLinkEvents;
  readonly prng: Prng;
}

type State =
  | { readonly type: "waiting"; readonly until: Micros }
  | { readonly type: "dialling" }
  | { readonly type: "greeting"; readonly connection: ConnectionId; readonly handshake: DiallingHandshake; readonly until: Micros }
  | { readonly type: "ready"; readonly connection: ConnectionId; readonly peer: PeerIdentity; readonly lastsFrom: Micros };

const FIRST_BACKOFF_MS = 10;
const MAX_BACKOFF_MS = 500;
/** What may wait for a peer that does not read; what is said beyond is lost. */
const MAX_UNSENT_BYTES = 8 * 1024 * 1024;
/** A peer that accepts and then says nothing is dialled again. */
const GREETING_TIMEOUT_MS = 2_000;
/** A link that broke before it was so old has proved nothing: the other side has refused us behind our proof, or what we said first. */
const LASTING_MS = 500;
/** Links in a row that broke so soon: fewer may be a process that dies again and again, and whether anybody listens there is to be known soon. */
const SHORT_LINKS_TOLERATED = 5;
/** Handshakes in a row that the other side did not finish: fewer are a process that stops or starts, so many are one that refuses us. */
const BROKEN_GREETINGS_TOLD = 3;

/**
 * Our connection to one peer, kept up for ever.
 *
 *     waiting ──time──▶ dialling ──accepted──▶ greeting ──proved──▶ ready
 *        ▲                  │ refused, failed      │ refused, closed    │ closed
 *        └──────────────────┴──────────────────────┴────────────────────┘
 *
 * What is sent while it is not ready is lost: everyone who uses it repeats what matters.
 */
export class PeerLink implements Completable {
  readonly peer: NodeId;
  private readonly address: { readonly host: string; readonly port: number };
  private readonly outbox: Outbox;
  private readonly options: HandshakeOptions;
  private readonly refusals: RefusalLog;
  private readonly events: PeerLinkEvents;
  private readonly prng: Prng;
  private state: State = { type: "waiting", until: micros(0) };
  private backoffMs = FIRST_BACKOFF_MS;
  private brokenGreetings = 0;
  private shortLinks = 0;
  /** We closed the connection; what still comes of it is not heard. */
  private isRefused = false;
  /** Bytes given to the connection since it was blocked; undefined while it is not. */
  private unsentBytes: number | undefined;

  constructor(options: PeerLinkOptions) {
    this.peer = options.peer;
    this.address = { host: options.host, port: options.port };
    this.outbox = options.outbox;
    this.options = options.handshake;
    this.refusals = options.refusals;
    this.events = options.events;
    this.prng = options.prng;
  }

  get isReady(): boolean {
    return this.state.type === "ready";
  }

  /** Who proved itself at the other end; undefined while nobody has. */
  get proved(): PeerIdentity | undefined {
    return this.state.type === "ready" ? this.state.peer : undefined;
  }

  get nextDeadlineUs(): Micros | undefined {
    return this.state.type === "waiting" || this.state.type === "greeting" ? this.state.until : undefined;
  }

  deadline(now: Now): void {
    const { state } = this;
    if (state.type === "waiting" && state.until <= now.monotonicUs) {
      this.state = { type: "dialling" };
      this.outbox.request({ type: "dial", transport: "message", ...this.address }, this);
    } else if (state.type === "greeting" && state.until <= now.monotonicUs) {
      this.outbox.emit({ type: "close", connection: state.connection, how: "reset" });
    }
  }

  /** False: the link is not ready, or the peer has not read for long, and the message is dropped. */
  send(bytes: Uint8Array): boolean {
    if (this.state.type !== "ready") return false;
    if (this.unsentBytes !== undefined) {
      if (this.unsentBytes + bytes.length > MAX_UNSENT_BYTES) return false;
      this.unsentBytes += bytes.length;
    }
    this.outbox.emit({ type: "send", connection: this.state.connection, parts: [bytes] });
    return true;
  }

  /** The other side is not, or not any more, what it should be: it is dialled again after the longest wait. */
  refuse(because: string, now: Now): void {
    const { state } = this;
    if ((state.type !== "greeting" && state.type !== "ready") || this.isRefused) return;
    this.isRefused = true;
    this.tellRefusal(because, now);
    this.backoffMs = MAX_BACKOFF_MS;
    this.outbox.emit({ type: "close", connection: state.connection, how: "reset" });
  }

  complete(completion: Completion, now: Now): void {
    if (completion.type === "dialled") {
      const handshake = new DiallingHandshake(this.options, this.peer);
      const { connection } = completion;
      this.isRefused = false;
      this.state = { type: "greeting", connection, handshake, until: micros(now.monotonicUs + GREETING_TIMEOUT_MS * 1000) };
      this.events.linkOwns(connection, this);
      this.outbox.emit({ type: "send", connection, parts: [handshake.hello()] });
      return;
    }
    this.retryLater(now);
    if (completion.type === "failed" && completion.error.code === "ECONNREFUSED") this.events.linkRefused(this.peer, now);
  }

  input(input: ConnectionInput, now: Now): void {
    const { state } = this;
    if ((state.type !== "greeting" && state.type !== "ready") || state.connection !== input.connection) return;
    if (input.type === "closed") this.closed(state, now);
    else if (this.isRefused) return;
    else if (input.type === "received") {
      if (state.type === "ready") this.events.linkReceived(state.peer, input.bytes, now);
      else this.greet(state, input.bytes, now);
    } else this.unsentBytes = input.type === "blocked" ? 0 : undefined;
  }

  private greet(state: Extract<State, { type: "greeting" }>, bytes: Uint8Array, now: Now): void {
    const step = state.handshake.receive(bytes);
    if (step.type === "send" && step.peer !== undefined) {
      this.outbox.emit({ type: "send", connection: state.connection, parts: [step.bytes] });
      this.state = { type: "ready", connection: state.connection, peer: step.peer, lastsFrom: micros(now.monotonicUs + LASTING_MS * 1000) };
      this.brokenGreetings = 0;
      this.events.linkReady(step.peer, now);
      return;
    }
    this.refuse(step.type === "refused" ? step.because : "the handshake went astray", now);
  }

  private closed(state: Extract<State, { type: "greeting" | "ready" }>, now: Now): void {
    this.unsentBytes = undefined;
    const wasReady = state.type === "ready";
    if (!this.isRefused) {
      if (!wasReady) this.greetingBroke(now);
      else this.linkBroke(now.monotonicUs >= state.lastsFrom, now);
    }
    this.retryLater(now);
    if (wasReady) this.events.linkLost(this.peer, now);
  }

  private greetingBroke(now: Now): void {
    if (++this.brokenGreetings >= BROKEN_GREETINGS_TOLD)
      this.tellRefusal("it does not finish any handshake: its log says why, or nobody of ours listens there", now);
  }

  private linkBroke(hasLasted: boolean, now: Now): void {
    this.shortLinks = hasLasted ? 0 : this.shortLinks + 1;
    if (this.shortLinks <= SHORT_LINKS_TOLERATED) this.backoffMs = FIRST_BACKOFF_MS;
    else this.tellRefusal("it closes each connection as soon as it is made: its log says why", now);
  }

  private tellRefusal(because: string, now: Now): void {
    this.refusals.refused(`${this.address.host}:${this.address.port}`, because, now);
  }

  /** Full jitter between half and the whole of the back-off, so that peers do not dial in step. */
  private retryLater(now: Now): void {
    const delayMs = this.backoffMs / 2 + this.prng.below(Math.ceil(this.backoffMs / 2));
    this.state = { type: "waiting", until: micros(now.monotonicUs + Math.round(delayMs * 1000)) };
    this.backoffMs = Math.min(this.backoffMs * 2, MAX_BACKOFF_MS);
  }
}
