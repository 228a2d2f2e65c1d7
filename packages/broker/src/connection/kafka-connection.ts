import {
  type ApiCodec,
  type ApiInputs,
  type ApiName,
  apis,
  DecodeError,
  type DecodedRequestHeader,
  decodeRequestHeader,
  EncodeError,
  encodeResponseFrame,
  FrameDecoder,
  isSupportedVersion,
} from "@samsa/protocol";
import { invariant, type NodeId, type Now } from "@samsa/stdx";
import type { ConnectionId, ConnectionInput, Outbox, Part } from "@samsa/world";
import { unsupportedApiVersions } from "../api/api-versions.ts";
import { MAX_PIPELINED_BYTES, MAX_PIPELINED_REQUESTS, UNSERVED_BYTES_MAX } from "../config.ts";
import type { ApiHandler, ConnectionSession, RequestContext } from "../request-context.ts";
import { describeFrameError } from "./frame-error.ts";
import type { PeerServer, ServerStep } from "./peer-proof.ts";
import type { RequestHolder, RequestMemory } from "./request-memory.ts";

/** Every handler by the number of its API. */
export type HandlerTable = ReadonlyMap<number, ApiHandler<ApiName>>;

/** Whom a connection is with. */
export interface ConnectionOrigin {
  readonly id: ConnectionId;
  /** By which the client came. */
  readonly listener: string;
  /** `host:port` of the client. */
  readonly remote: string;
}

/** What all connections of a broker share: there may be ten thousand of them. */
export interface KafkaConnectionOptions {
  readonly outbox: Outbox;
  readonly memory: RequestMemory;
  readonly handlers: HandlerTable;
  readonly maxRequestBytes: number;
  readonly newPeerServer: () => PeerServer;
  /** False: requests wait until the broker has something to answer from. */
  readonly isServing: () => boolean;
  /** Answers have made room for requests that wait: `endTurn` is to be called. */
  readonly hasRoom: (connection: KafkaConnection) => void;
}

const NO_BYTES = new Uint8Array(0);

/** One request until its answer has been handed to the network. */
interface Slot {
  readonly sizeInBytes: number;
  /** Undefined until answered; empty for a request without an answer. */
  parts: readonly Part[] | undefined;
  forget: (() => void) | undefined;
  hurry: ((now: Now) => void) | undefined;
}

/**
 * One client's connection: frames in, answers out in the order of the requests. Requests are processed concurrently;
 * beyond a bound of requests or bytes under way, while answers can't leave, or
 * while others have all the memory for requests that are not whole, it is not read.
 */
export class KafkaConnection implements ConnectionSession, RequestHolder {
  private readonly origin: ConnectionOrigin;
  private readonly options: KafkaConnectionOptions;
  private readonly decoder: FrameDecoder;
  private readonly slots: Slot[] = [];
  /** Frames that arrived with the last chunk after the bound was reached. */
  private readonly backlog: Uint8Array[] = [];
  private pipelinedBytes = 0;
  private isBlocked = false;
  /** Came in the turn in which memory for more of a large request ran out; while there is any, nothing is read. */
  private readonly unread: Uint8Array[] = [];
  private isReading = true;
  private isClosed = false;
  private peerServer: PeerServer | undefined;
  private peer: NodeId | undefined;

  constructor(origin: ConnectionOrigin, options: KafkaConnectionOptions) {
    this.origin = origin;
    this.options = options;
    this.decoder = new FrameDecoder(options.maxRequestBytes);
  }

  input(input: ConnectionInput, now: Now): void {
    switch (input.type) {
      case "received":
        return this.received(input.bytes, now);
      case "blocked":
      case "drained":
        this.isBlocked = input.type === "blocked";
        return this.pump(now);
      case "closed":
        return this.closed();
      case "accepted":
        return;
    }
  }

  get clientHost(): string {
    return `/${this.origin.remote.slice(0, this.origin.remote.lastIndexOf(":"))}`;
  }

  startPeerProof(): void {
    this.peerServer = this.options.newPeerServer();
  }

  continuePeerProof(bytes: Uint8Array): ServerStep | undefined {
    const step = this.peerServer?.receive(bytes);
    if (step?.type === "proved") this.peer = step.brokerId;
    return step;
  }

  private received(bytes: Uint8Array, now: Now): void {
    if (this.isClosed) return;
    this.unread.push(bytes);
    this.decode(now);
  }

  private decode(now: Now): void {
    const { memory } = this.options;
    while (!this.isClosed && this.unread.length > 0) {
      if (!this.mayHoldMore) break;
      const bytes = this.unread.shift() ?? NO_BYTES;
      const { frames, error } = this.decoder.push(bytes);
      for (const frame of frames) this.backlog.push(frame);
      // One request after the other is no long request: it goes behind those that wait.
      if (frames.length > 0) memory.leaves(this);
      if (this.decoder.isLarge) memory.holds(this, this.decoder.heldBytes);
      this.pump(now);
      if (error !== undefined) this.disconnect(describeFrameError(error));
    }
    this.pump(now);
  }

  private get mayHoldMore(): boolean {
    return !this.decoder.isLarge || this.options.memory.admits(this);
  }

  private closed(): void {
    this.isClosed = true;
    this.options.memory.leaves(this);
    this.decoder.dispose();
    this.backlog.length = 0;
    this.unread.length = 0;
    for (const slot of this.slots) slot.forget?.();
    this.slots.length = 0;
  }

  /** Something was owed to the client when it was last heard of: a request is under way. */
  get isOwedAnswer(): boolean {
    return this.slots.length > 0;
  }

  suspend(): void {
    this.adjustReading();
  }

  resume(now: Now): void {
    this.decode(now);
  }

  expire(): void {
    this.disconnect(`${this.decoder.pendingBytes} bytes of a request have come, and others wait for their memory`);
  }

  /** `reset`: nothing that waits to leave is worth a place. */
  disconnect(because: string, how: "end" | "reset" = "end"): void {
    if (this.isClosed) return;
    const { outbox } = this.options;
    const { id, remote } = this.origin;
    outbox.trace({ kind: "connection-closed", connection: id, remote, because });
    outbox.emit({ type: "close", connection: id, how });
    this.closed();
  }

  /** Starts what the bounds allow, and reads on or not. */
  private pump(now: Now): void {
    while (!this.isClosed && !this.isFull && this.options.isServing()) {
      const frame = this.backlog.shift();
      if (frame === undefined) break;
      this.begin(frame, now);
    }
    this.adjustReading();
  }

  private adjustReading(): void {
    if (this.isClosed) return;
    // Asked before more is read, not when it has come: what was read has to be kept somewhere.
    const shouldRead = !this.isFull && this.mayWaitForMore && this.unread.length === 0 && this.mayHoldMore;
    if (shouldRead === this.isReading) return;
    this.isReading = shouldRead;
    this.options.outbox.emit({ type: "set-reading", connection: this.origin.id, isReading: shouldRead });
  }

  /**
   * Before the broker serves, it reads on as long as little waits: 1. a client asks, 2. it gives up, and closes, 3. it comes again. Of who is not
   * read the end is not seen, and they would have all descriptors there are. Kafka does not listen before it serves; here the port says
   * that there is a process.
   */
  private get mayWaitForMore(): boolean {
    if (this.options.isServing()) return true;
    const waitingBytes = this.backlog.reduce((bytes, frame) => bytes + frame.length, 0);
    return !this.decoder.isLarge && waitingBytes < UNSERVED_BYTES_MAX;
  }

  private get isFull(): boolean {
    return this.isBlocked || this.slots.length >= MAX_PIPELINED_REQUESTS || this.pipelinedBytes >= MAX_PIPELINED_BYTES;
  }

  private begin(frame: Uint8Array, now: Now): void {
    try {
      this.dispatch(frame, now);
    } catch (error) {
      if (!(error instanceof DecodeError)) throw error;
      this.disconnect(`its request can't be read: ${error.message}`);
    }
  }

  private dispatch(frame: Uint8Array, now: Now): void {
    const header = decodeRequestHeader(frame);
    const { api, apiVersion } = header;
    const handler = this.options.handlers.get(header.apiKey);
    if (api === undefined || handler === undefined || !isSupportedVersion(api, apiVersion)) return this.refuse(header, frame.length);
    const request = api.decodeRequest(header.bodyReader, apiVersion);
    this.hurryAll(now);
    // Handlers are found by their API's key: request and handler are of one API.
    handler.handle(request, this.contextOf(this.openSlot(frame.length), header, api.name), now);
  }

  /** Of a copy: whoever hurries is answered, and leaves the list. */
  private hurryAll(now: Now): void {
    for (const slot of this.slots.slice()) {
      const { hurry } = slot;
      slot.hurry = undefined;
      hurry?.(now);
    }
  }

  /** An ApiVersions request of a version we do not know is answered in version 0; anything else that we do not know ends the connection. */
  private refuse(header: DecodedRequestHeader, sizeInBytes: number): void {
    if (header.apiKey !== apis.ApiVersions.key) return this.disconnect(`it asked for API key ${header.apiKey} in version ${header.apiVersion}`);
    this.contextOf(this.openSlot(sizeInBytes), { ...header, apiVersion: 0 }, "ApiVersions").respond(unsupportedApiVersions());
  }

  private openSlot(sizeInBytes: number): Slot {
    const slot: Slot = { sizeInBytes, parts: undefined, forget: undefined, hurry: undefined };
    this.slots.push(slot);
    this.pipelinedBytes += sizeInBytes;
    return slot;
  }

  private contextOf<Name extends ApiName>(slot: Slot, header: DecodedRequestHeader, api: Name): RequestContext<ApiInputs[Name]["response"]> {
    const codec: ApiCodec<Name> = apis[api];
    return {
      apiVersion: header.apiVersion,
      clientId: header.clientId,
      listener: this.origin.listener,
      peer: this.peer,
      connection: this,
      // Parts of records are bytes, or the slices that the log gave: both are what the world sends.
      respond: (response) => this.respond(slot, () => encodeResponseFrame(codec, header, response) as readonly Part[]),
      respondNothing: () => this.answer(slot, []),
      disconnect: (because) => this.disconnect(because),
      onGone: (forget) => {
        slot.forget = forget;
      },
      onFollowed: (hurry) => {
        slot.hurry = hurry;
      },
    };
  }

  /**
   * Answers repeat what clients said, and that may not fit: a name that is no UTF-8 grows when it is said again. As Kafka, which throws
   * there too, this ends the connection, and nothing else.
   */
  private respond(slot: Slot, encode: () => readonly Part[]): void {
    if (this.isClosed) return;
    try {
      this.answer(slot, encode());
    } catch (error) {
      if (!(error instanceof EncodeError)) throw error;
      this.disconnect(`its answer can't be said: ${error.message}`);
    }
  }

  private answer(slot: Slot, parts: readonly Part[]): void {
    if (this.isClosed) return;
    invariant(slot.parts === undefined, "a request is answered once", { connection: this.origin.id });
    slot.parts = parts;
    const { outbox } = this.options;
    const { id } = this.origin;
    for (let first = this.slots[0]; first?.parts !== undefined; first = this.slots[0]) {
      this.slots.shift();
      this.pipelinedBytes -= first.sizeInBytes;
      if (first.parts.length > 0) outbox.emit({ type: "send", connection: id, parts: first.parts });
    }
    if (this.isWaiting) this.options.hasRoom(this);
  }

  /** Requests wait, here or in the socket. */
  private get isWaiting(): boolean {
    return this.backlog.length > 0 || !this.isReading;
  }

  /** After the turn's answers have made room. */
  endTurn(now: Now): void {
    if (this.isWaiting) this.pump(now);
  }
}
