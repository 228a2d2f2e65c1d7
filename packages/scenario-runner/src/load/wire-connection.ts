import { once } from "node:events";
import { connect, type Socket } from "node:net";
import type { AnyApi, ApiCodec, ApiInputs, ApiMessages, ApiName } from "@samsa/protocol";
import { decodeResponseHeader, encodeRequestFrame, FrameDecoder, Reader } from "@samsa/protocol";

export interface Address {
  readonly host: string;
  readonly port: number;
}

/** Request frames that are sent again and again all have this one: answers come in order, so that nobody needs to tell them apart. */
const CORRELATION_ID = 1;
const CLIENT_ID = "samsa-load";
/** A fetch's answer may exceed its limit by a batch. */
const MAX_RESPONSE_BYTES = 256 * 1024 * 1024;

/** The connection ended while answers were awaited. */
export class ConnectionEnded extends Error {
  readonly code = "CONNECTION_ENDED";
}

/** A request as it goes on the wire; it may be sent any number of times. */
export function frameOf<Name extends ApiName>(api: ApiCodec<Name>, version: number, request: ApiInputs[Name]["request"]): Uint8Array {
  const parts = encodeRequestFrame(api, { apiVersion: version, correlationId: CORRELATION_ID, clientId: CLIENT_ID }, request);
  return Buffer.concat(parts.map((part) => part as Uint8Array));
}

export function decodeAnswer<Name extends ApiName>(api: ApiCodec<Name>, version: number, frame: Uint8Array): ApiMessages[Name]["response"] {
  const reader = new Reader(frame);
  decodeResponseHeader(reader, api as AnyApi, version);
  return api.decodeResponse(reader, version);
}

/** A bare socket to a broker: frames out, frames in, nothing retried, nothing checked. */
export class WireConnection {
  private readonly socket: Socket;
  private readonly decoder = new FrameDecoder(MAX_RESPONSE_BYTES);
  private readonly waiting: { readonly answered: (frame: Uint8Array) => void; readonly failed: (error: Error) => void }[] = [];
  private next = 0;

  private constructor(socket: Socket) {
    this.socket = socket;
    socket.on("data", (bytes: Buffer) => this.received(bytes));
    socket.on("error", () => undefined);
    socket.on("close", () => this.ended());
  }

  static async open({ host, port }: Address): Promise<WireConnection> {
    const socket = connect({ host, port, noDelay: true });
    await once(socket, "connect");
    return new WireConnection(socket);
  }

  /** Many requests may be under way. */
  send(frame: Uint8Array, answered: (frame: Uint8Array) => void, failed: (error: Error) => void): void {
    if (this.socket.destroyed) return failed(new ConnectionEnded("the broker closed the connection"));
    this.waiting.push({ answered, failed });
    this.socket.write(frame);
  }

  async call<Name extends ApiName>(api: ApiCodec<Name>, version: number, request: ApiInputs[Name]["request"]): Promise<ApiMessages[Name]["response"]> {
    const frame = await new Promise<Uint8Array>((resolve, reject) => this.send(frameOf(api, version, request), resolve, reject));
    return decodeAnswer(api, version, frame);
  }

  close(): void {
    this.socket.destroy();
  }

  private received(bytes: Uint8Array): void {
    for (const frame of this.decoder.push(bytes).frames) {
      const first = this.waiting[this.next++];
      if (this.next > 1024) {
        this.waiting.splice(0, this.next);
        this.next = 0;
      }
      first?.answered(frame);
    }
  }

  private ended(): void {
    for (const { failed } of this.waiting.splice(0).slice(this.next)) failed(new ConnectionEnded("the broker closed the connection"));
    this.next = 0;
  }
}
