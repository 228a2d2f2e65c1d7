import {
  type AnyApi,
  type ApiCodec,
  type ApiName,
  apis,
  DecodeError,
  type DecodedRequestHeader,
  decodeRequestHeader,
  encodeResponseFrame,
  FrameDecoder,
  isSupportedVersion,
} from "@samsa/protocol";
import type { Uuid } from "@samsa/stdx";
import type { ConnectionHandler, PortConnection } from "@samsa/world";
import type { HostTimers } from "../host-timers.ts";
import { AnswerCounter } from "./answer-counter.ts";
import { errorResponse } from "./error-response.ts";
import type { ClientRequest, RequestRules } from "./request-rules.ts";
import { FetchSessionTopics } from "./fetch-session-topics.ts";
import { topicsOfRequest } from "./topics-of-request.ts";

/** From so many bytes on that wait behind a request which is held, no more is read of a client. */
export const WAITING_BYTES_MAX = 1024 * 1024;
/** By which one broker proves to another that it is one. */
const PEER_MECHANISM = "SAMSA-PEER";

export interface RequestConnectionOptions {
  readonly inner: PortConnection;
  readonly broker: number;
  readonly rules: RequestRules;
  readonly timers: HostTimers;
  readonly topicName: (id: Uuid) => string | undefined;
  /** The broker's own limit: what is larger it refuses itself. */
  readonly maxRequestBytes: number;
  /** Runs it when the broker does not stand still. */
  readonly pass: (run: () => void) => void;
}

interface Request {
  readonly header: DecodedRequestHeader;
  readonly body: ReturnType<AnyApi["decodeRequest"]>;
  readonly hasAnswer: boolean;
}

/**
 * A client's connection as its broker sees it. Requests are cut out of the stream and looked at before the broker has them: one that is held or delayed
 * keeps all behind it waiting, as with Kafka, which handles one request of a connection at a time. An error is told in the place of an answer, behind the
 * answers to what came before. Connections of other brokers pass untouched: what they do to each other is the network's part.
 */
export class RequestConnection implements PortConnection {
  readonly remote: string;
  private readonly options: RequestConnectionOptions;
  private readonly inner: PortConnection;
  private readonly requests: FrameDecoder;
  private readonly answers = new AnswerCounter();
  private readonly fetches = new FetchSessionTopics();
  private handler: ConnectionHandler | undefined;
  private waiting: Uint8Array[] = [];
  private waitingBytes = 0;
  /** The first that waits is held, is delayed, or waits for the answers before its own. */
  private isStopped = false;
  private unanswered = 0;
  private answered: (() => void) | undefined;
  private stopHolding: (() => void) | undefined;
  private isPeer = false;
  private wantsReading = true;
  private isReading = true;
  private isOpen = true;

  constructor(options: RequestConnectionOptions) {
    this.options = options;
    this.inner = options.inner;
    this.requests = new FrameDecoder(options.maxRequestBytes);
    this.remote = options.inner.remote;
  }

  attach(handler: ConnectionHandler): void {
    this.handler = handler;
    this.inner.attach({
      received: (bytes) => this.received(bytes),
      drained: () => handler.drained(),
      closed: (reason) => {
        this.close();
        handler.closed(reason);
      },
    });
  }

  write(chunks: readonly Uint8Array[]): boolean {
    if (!this.isPeer) for (const chunk of chunks) this.unanswered -= this.answers.push(chunk);
    const hasRoom = this.inner.write(chunks);
    if (this.unanswered <= 0) this.answered?.();
    return hasRoom;
  }

  setReading(isReading: boolean): void {
    this.wantsReading = isReading;
    this.adjustReading();
  }

  admit(): void {
    this.inner.admit();
  }

  end(): void {
    this.inner.end();
  }

  reset(): void {
    this.close();
    this.inner.reset();
  }

  private close(): void {
    this.isOpen = false;
    this.waiting = [];
    this.stopHolding?.();
  }

  private received(bytes: Uint8Array): void {
    if (this.isPeer) return this.handler?.received(bytes);
    const { frames, error } = this.requests.push(bytes);
    for (const frame of frames) {
      this.waiting.push(frame);
      this.waitingBytes += frame.length;
    }
    this.pump();
    // What is no frame of Kafka is the broker's to refuse: it gets the size that can't be.
    if (error !== undefined) this.handler?.received(sizeOf(error.size));
  }

  private pump(): void {
    while (this.isOpen && !this.isStopped) {
      const frame = this.waiting[0];
      if (frame === undefined) break;
      this.handle(frame);
    }
    this.adjustReading();
  }

  private adjustReading(): void {
    const isReading = this.wantsReading && this.waitingBytes < WAITING_BYTES_MAX;
    if (isReading === this.isReading || !this.isOpen) return;
    this.isReading = isReading;
    this.inner.setReading(isReading);
  }

  private handle(frame: Uint8Array): void {
    const request = readRequest(frame);
    if (request === undefined) return this.deliver(frame, true);
    this.hold(frame, request, this.describe(request));
  }

  /** Whoever is let go by one is held by the next. */
  private hold(frame: Uint8Array, request: Request, asked: ClientRequest): void {
    const hold = this.options.rules.hold(asked);
    if (hold === undefined) return this.delay(frame, request, asked);
    hold.fault.fire();
    this.stop(
      (goOn) => {
        hold.waiting.add(goOn);
        this.stopHolding = () => hold.waiting.delete(goOn);
      },
      () => this.hold(frame, request, asked),
    );
  }

  private delay(frame: Uint8Array, request: Request, asked: ClientRequest): void {
    const delayMs = this.options.rules.delayMs(asked);
    if (delayMs === 0) return this.answer(frame, request, asked);
    this.stop(
      (goOn) => (this.stopHolding = this.options.timers.after(delayMs, goOn)),
      () => this.answer(frame, request, asked),
    );
  }

  private answer(frame: Uint8Array, request: Request, asked: ClientRequest): void {
    const errorCode = this.options.rules.takeError(asked);
    if (errorCode === undefined) return this.deliver(frame, request.hasAnswer);
    if (this.unanswered <= 0) return this.fail(request, errorCode);
    this.stop(
      (goOn) => (this.answered = goOn),
      () => this.fail(request, errorCode),
    );
  }

  /** The first that waits goes no further until `goOn` is called. */
  private stop(until: (goOn: () => void) => void, then: () => void): void {
    this.isStopped = true;
    const goOn = (): void => {
      this.stopHolding = undefined;
      this.answered = undefined;
      if (!this.isOpen) return;
      this.isStopped = false;
      then();
      this.pump();
    };
    until(() => this.options.pass(goOn));
  }

  private fail({ header, body, hasAnswer }: Request, errorCode: number): void {
    this.shift();
    // As Kafka, which can tell a producer with acks=0 in no other way.
    if (!hasAnswer) return this.inner.end();
    const api = apis[header.api?.name ?? "ApiVersions"] as ApiCodec<ApiName>;
    this.inner.write(
      encodeResponseFrame(api, header, errorResponse(api.name, { request: body, apiVersion: header.apiVersion }, errorCode)) as readonly Uint8Array[],
    );
  }

  private deliver(frame: Uint8Array, hasAnswer: boolean): void {
    this.shift();
    if (hasAnswer) this.unanswered++;
    this.handler?.received(sizeOf(frame.length));
    this.handler?.received(frame);
    if (!isPeerHandshake(frame)) return;
    this.isPeer = true;
    // A client's connection until now: whatever has come behind is a peer's.
    for (const behind of this.waiting.splice(0)) this.deliver(behind, true);
  }

  private shift(): void {
    const frame = this.waiting.shift();
    this.waitingBytes -= frame?.length ?? 0;
  }

  private describe({ header, body }: Request): ClientRequest {
    const { broker, topicName } = this.options;
    let topics = "sessionEpoch" in body && "forgottenTopicsData" in body ? this.fetches.of(body, topicName) : undefined;
    return { api: header.api?.name ?? "ApiVersions", broker, topics: () => (topics ??= topicsOfRequest(body, topicName)) };
  }
}

/** Undefined for what the broker will refuse. */
function readRequest(frame: Uint8Array): Request | undefined {
  try {
    const header = decodeRequestHeader(frame);
    const { api, apiVersion } = header;
    if (api === undefined || !isSupportedVersion(api, apiVersion)) return undefined;
    const body = api.decodeRequest(header.bodyReader, apiVersion);
    return { header, body, hasAnswer: !(api.name === "Produce" && "acks" in body && body.acks === 0) };
  } catch (error) {
    if (error instanceof DecodeError) return undefined;
    throw error;
  }
}

function isPeerHandshake(frame: Uint8Array): boolean {
  if (frame.length < 2 || (((frame[0] ?? 0) << 8) | (frame[1] ?? 0)) !== apis.SaslHandshake.key) return false;
  const body = readRequest(frame)?.body;
  return body !== undefined && "mechanism" in body && body.mechanism === PEER_MECHANISM;
}

const sizeOf = (size: number): Uint8Array => Uint8Array.of((size >>> 24) & 0xff, (size >>> 16) & 0xff, (size >>> 8) & 0xff, size & 0xff);
