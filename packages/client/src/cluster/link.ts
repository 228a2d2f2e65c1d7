import type { ApiName } from "@samsa/protocol";
import { EncodeError, FrameDecoder } from "@samsa/protocol";
import type { Micros, Now } from "@samsa/stdx";
import { afterMs } from "@samsa/stdx";
import type { ConnectionId, Outbox } from "@samsa/world";
import type { ClientConfig } from "../client-config.ts";
import type { Call, CallFailure } from "./call.ts";
import { decodeResponse, encodeRequest } from "./request-frames.ts";

interface InFlight {
  readonly correlationId: number;
  readonly call: Call;
  readonly version: number;
  readonly deadline: Micros;
}

/** Largest response that is taken; Kafka's clients have no limit, and a broken peer could claim 2 GiB. */
const MAX_RESPONSE_BYTES = 100 * 1024 * 1024;
/** Correlation ids are int32 and wrap to 0. */
const CORRELATION_IDS = 0x8000_0000;

/** One established connection: requests out, responses back in the same order. */
export class Link {
  readonly id: ConnectionId;
  private readonly config: ClientConfig;
  private readonly outbox: Outbox;
  private readonly frames = new FrameDecoder(MAX_RESPONSE_BYTES);
  private readonly waiting: InFlight[] = [];
  private nextCorrelationId = 0;
  private isOver = false;

  constructor(context: { readonly config: ClientConfig; readonly outbox: Outbox }, id: ConnectionId) {
    this.id = id;
    this.config = context.config;
    this.outbox = context.outbox;
  }

  get inFlight(): number {
    return this.waiting.length;
  }

  /** A request that can't be written is that call's failure alone: what stands in it may be a stranger's. */
  send<N extends ApiName>(call: Call<N>, version: number, now: Now): void {
    const correlationId = this.nextCorrelationId;
    const bytes = writtenOr(
      () => encodeRequest(call, { version, correlationId, clientId: this.config.clientId }),
      (detail) => call.failed({ error: "INVALID_REQUEST", detail: `${call.api.name}: ${detail}` }, now),
    );
    if (bytes === undefined) return;
    this.nextCorrelationId = (this.nextCorrelationId + 1) % CORRELATION_IDS;
    this.outbox.emit({ type: "send", connection: this.id, parts: bytes });
    if (call.hasResponse === false) return;
    const deadline = afterMs(now, this.config.requestTimeoutMs + (call.brokerWaitMs ?? 0));
    this.waiting.push({ correlationId, call, version, deadline });
  }

  /** Says what is wrong with the bytes, if anything; the connection can't be used any more then. */
  received(bytes: Uint8Array, now: Now): string | undefined {
    const { frames, error } = this.frames.push(bytes);
    try {
      for (const frame of frames) {
        // An answer may have ended the connection.
        if (!this.isOver) this.answer(frame, now);
      }
    } catch (caught) {
      if (caught instanceof MalformedResponse) return caught.message;
      throw caught;
    }
    return error === undefined ? undefined : `a frame of ${error.size} bytes`;
  }

  isOverdue(now: Now): boolean {
    for (const { deadline } of this.waiting) if (deadline <= now.monotonicUs) return true;
    return false;
  }

  nextDeadline(): Micros | undefined {
    let earliest: Micros | undefined;
    for (const { deadline } of this.waiting) if (earliest === undefined || deadline < earliest) earliest = deadline;
    return earliest;
  }

  failAll(failure: CallFailure, now: Now): void {
    this.isOver = true;
    for (const { call } of this.waiting.splice(0)) call.failed(failure, now);
  }

  private answer(frame: Uint8Array, now: Now): void {
    const request = this.waiting[0];
    if (request === undefined) throw new MalformedResponse("a response that nobody asked for");
    const { call, version } = request;
    const { correlationId, response } = refusing(`a response of ${call.api.name} version ${version}`, () => decodeResponse(frame, call.api, version));
    if (correlationId !== request.correlationId)
      throw new MalformedResponse(`a response with correlation id ${correlationId} in place of ${request.correlationId}`);
    this.waiting.shift();
    call.answered(response, now, version);
  }
}

/** What no codec can write is told to `refused`; errors of our own pass. */
function writtenOr<T>(write: () => T, refused: (detail: string) => void): T | undefined {
  try {
    return write();
  } catch (error) {
    if (!(error instanceof EncodeError)) throw error;
    refused(error.message);
    return undefined;
  }
}

/** The broker broke the protocol: its fault, not ours. */
class MalformedResponse extends Error {
  readonly code = "MALFORMED_RESPONSE";
}

/** Whatever a decoder has against its input becomes `MalformedResponse`; errors of our own pass. */
function refusing<T>(what: string, decode: () => T): T {
  try {
    return decode();
  } catch (error) {
    if (error instanceof MalformedResponse) throw error;
    throw new MalformedResponse(`${what} can't be decoded: ${error instanceof Error ? error.message : String(error)}`);
  }
}
