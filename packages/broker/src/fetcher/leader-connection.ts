import {
  type AnyApi,
  type ApiCodec,
  type ApiInputs,
  type ApiMessages,
  type ApiName,
  apis,
  DecodeError,
  decodeResponseHeader,
  encodeRequestFrame,
  FrameDecoder,
  Reader,
} from "@samsa/protocol";
import { invariant, type Micros, micros, type NodeId, type Now, type Prng } from "@samsa/stdx";
import type { Completable, Completion, ConnectionId, ConnectionInput, Outbox, Part } from "@samsa/world";
import { describeFrameError } from "../connection/frame-error.ts";
import { PEER_MECHANISM, PeerClient, type SecretProof } from "../connection/peer-proof.ts";

export interface LeaderConnectionEvents {
  /** Authenticated; nothing is in flight. */
  connected(now: Now): void;
  /** Every request in flight is lost. */
  disconnected(now: Now): void;
  owns(connection: ConnectionId): void;
}

type Answer<Name extends ApiName> = (response: ApiMessages[Name]["response"], now: Now) => void;

/** Reads the answer; false if it is not the answer to that request. */
type InFlight = (frame: Uint8Array, now: Now) => boolean;

type State =
  | { readonly type: "waiting"; readonly until: Micros }
  | { readonly type: "dialling" }
  | { readonly type: "authenticating"; readonly connection: ConnectionId }
  | { readonly type: "ready"; readonly connection: ConnectionId };

const CLIENT_ID = "replica-fetcher";
const FIRST_BACKOFF_MS = 10;

/**
 * A follower's connection to a leader's Kafka listener, proved by SAMSA-PEER before anything else is asked.
 *
 *     waiting ──▶ dialling ──▶ authenticating ──▶ ready
 *        ▲───────────┴───────────────┴───────────────┘ refused, closed, answer overdue
 */
export class LeaderConnection implements Completable {
  private readonly options: {
    readonly self: NodeId;
    readonly leader: NodeId;
    readonly outbox: Outbox;
    readonly prng: Prng;
    readonly proof: SecretProof;
    readonly maxBackoffMs: number;
    readonly maxResponseBytes: number;
    /** A leader that takes longer to answer is dialled again. */
    readonly responseTimeoutMs: number;
    readonly events: LeaderConnectionEvents;
  };
  private address: { readonly host: string; readonly port: number };
  private state: State = { type: "waiting", until: micros(0) };
  private inFlight: InFlight[] = [];
  private decoder: FrameDecoder;
  private nextCorrelationId = 1;
  private backoffMs = FIRST_BACKOFF_MS;
  private overdueAt: Micros | undefined;
  private isClosed = false;

  constructor(options: LeaderConnection["options"], address: { readonly host: string; readonly port: number }) {
    this.options = options;
    this.address = address;
    this.decoder = new FrameDecoder(options.maxResponseBytes);
  }

  get isReady(): boolean {
    return this.state.type === "ready";
  }

  get nextDeadlineUs(): Micros | undefined {
    if (this.isClosed) return undefined;
    return this.state.type === "waiting" ? this.state.until : this.overdueAt;
  }

  /** The leader's new incarnation may listen elsewhere. */
  moveTo(address: { readonly host: string; readonly port: number }): void {
    this.address = address;
  }

  close(): void {
    this.isClosed = true;
    if (this.state.type === "authenticating" || this.state.type === "ready")
      this.options.outbox.emit({ type: "close", connection: this.state.connection, how: "end" });
    this.inFlight = [];
  }

  deadline(now: Now): void {
    const { state } = this;
    if (this.isClosed) return;
    if (state.type === "waiting" && state.until <= now.monotonicUs) {
      this.state = { type: "dialling" };
      this.options.outbox.request({ type: "dial", transport: "stream", ...this.address }, this);
    } else if (this.overdueAt !== undefined && this.overdueAt <= now.monotonicUs && (state.type === "authenticating" || state.type === "ready")) {
      this.overdueAt = undefined;
      this.options.outbox.emit({ type: "close", connection: state.connection, how: "reset" });
    }
  }

  complete(completion: Completion, now: Now): void {
    if (completion.type !== "dialled") return this.retryLater(now);
    const { connection } = completion;
    if (this.isClosed) return this.options.outbox.emit({ type: "close", connection, how: "end" });
    this.state = { type: "authenticating", connection };
    this.decoder = new FrameDecoder(this.options.maxResponseBytes);
    this.options.events.owns(connection);
    this.authenticate(now);
  }

  input(input: ConnectionInput, now: Now): void {
    const { state } = this;
    if (this.isClosed || (state.type !== "authenticating" && state.type !== "ready") || state.connection !== input.connection) return;
    if (input.type === "closed") {
      this.inFlight = [];
      this.overdueAt = undefined;
      this.retryLater(now);
      this.options.events.disconnected(now);
    } else if (input.type === "received") this.received(input.bytes, now);
  }

  /** Only when ready (or while authenticating, by this class itself). Answers come in order. */
  send<Name extends ApiName>(api: Name, request: ApiInputs[Name]["request"], answer: Answer<Name>, now: Now): void {
    const { state } = this;
    invariant(state.type === "ready" || state.type === "authenticating", "a request needs a connection", { state: state.type });
    const codec: ApiCodec<Name> = apis[api];
    const apiVersion = codec.maxVersion;
    const correlationId = this.nextCorrelationId++ & 0x7fff_ffff;
    const decode = (frame: Uint8Array, at: Now): boolean => {
      const reader = new Reader(frame);
      if (decodeResponseHeader(reader, codec as AnyApi, apiVersion) !== correlationId) return false;
      answer(codec.decodeResponse(reader, apiVersion), at);
      return true;
    };
    this.inFlight.push(decode);
    this.overdueAt = micros(now.monotonicUs + this.options.responseTimeoutMs * 1000);
    this.options.outbox.emit({
      type: "send",
      connection: state.connection,
      parts: encodeRequestFrame(codec, { apiVersion, correlationId, clientId: CLIENT_ID }, request) as readonly Part[],
    });
  }

  private authenticate(now: Now): void {
    const { self, leader, proof, prng } = this.options;
    const client = new PeerClient({ self, leader, proof, prng });
    this.send("SaslHandshake", { mechanism: PEER_MECHANISM }, ({ errorCode }) => errorCode !== 0 && this.reset("it does not take SAMSA-PEER"), now);
    const proved = (response: { readonly errorCode: number; readonly authBytes: Uint8Array }, at: Now): void => {
      if (response.errorCode !== 0 || !client.isProvedBy(response.authBytes)) return this.reset("it does not know the cluster's secret");
      this.becomeReady(at);
    };
    const challenged = (response: { readonly errorCode: number; readonly authBytes: Uint8Array }, at: Now): void => {
      const authBytes = response.errorCode === 0 ? client.answer(response.authBytes) : undefined;
      if (authBytes === undefined) return this.reset("it is not the leader it should be");
      this.send("SaslAuthenticate", { authBytes }, proved, at);
    };
    this.send("SaslAuthenticate", { authBytes: client.first() }, challenged, now);
  }

  private becomeReady(now: Now): void {
    if (this.state.type !== "authenticating") return;
    this.state = { type: "ready", connection: this.state.connection };
    this.backoffMs = FIRST_BACKOFF_MS;
    this.options.events.connected(now);
  }

  private reset(because: string): void {
    const { state } = this;
    if (state.type !== "authenticating" && state.type !== "ready") return;
    this.backoffMs = this.options.maxBackoffMs;
    this.options.outbox.trace({ kind: "connection-closed", connection: state.connection, remote: `${this.address.host}:${this.address.port}`, because });
    this.options.outbox.emit({ type: "close", connection: state.connection, how: "reset" });
  }

  private received(bytes: Uint8Array, now: Now): void {
    const { frames, error } = this.decoder.push(bytes);
    for (const frame of frames) this.receivedFrame(frame, now);
    if (error !== undefined) this.reset(describeFrameError(error));
  }

  private receivedFrame(frame: Uint8Array, now: Now): void {
    const expected = this.inFlight.shift();
    if (this.inFlight.length === 0) this.overdueAt = undefined;
    try {
      if (expected?.(frame, now) !== true) this.reset("it answered what was not asked");
    } catch (error) {
      if (!(error instanceof DecodeError)) throw error;
      this.reset(`its answer can't be read: ${error.message}`);
    }
  }

  private retryLater(now: Now): void {
    const delayMs = this.backoffMs / 2 + this.options.prng.below(Math.ceil(this.backoffMs / 2) + 1);
    this.backoffMs = Math.min(this.backoffMs * 2, Math.max(this.options.maxBackoffMs, FIRST_BACKOFF_MS));
    this.state = { type: "waiting", until: micros(now.monotonicUs + Math.round(delayMs * 1000)) };
  }
}
