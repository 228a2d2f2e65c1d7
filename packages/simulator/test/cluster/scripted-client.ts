import {
  type ApiCodec,
  type ApiInputs,
  type ApiMessages,
  type ApiName,
  apis,
  decodeResponseHeader,
  encodeRequestFrame,
  FrameDecoder,
  type AnyApi,
  Reader,
} from "@samsa/protocol";
import type { ConnectionId, Effect, Input, Machine } from "@samsa/world";

/** A client that asks what a test tells it to, over a connection of its own, and keeps the answers. */
export class ScriptedClient implements Machine {
  readonly answers: unknown[] = [];
  isClosed = false;
  private readonly address: { readonly host: string; readonly port: number };
  private readonly requests: (() => readonly Uint8Array[])[] = [];
  private readonly decoders: ((frame: Uint8Array) => unknown)[] = [];
  private readonly decoder = new FrameDecoder();
  private connection: ConnectionId | undefined;
  private effects: Effect[] = [];
  private correlationId = 0;

  constructor(address: { readonly host: string; readonly port: number }) {
    this.address = address;
  }

  ask<Name extends ApiName>(api: Name, apiVersion: number, request: ApiInputs[Name]["request"]): void {
    const codec: ApiCodec<Name> = apis[api];
    const correlationId = this.correlationId++;
    this.requests.push(() => encodeRequestFrame(codec, { apiVersion, correlationId, clientId: "scripted" }, request) as readonly Uint8Array[]);
    this.decoders.push((frame): ApiMessages[Name]["response"] => {
      const reader = new Reader(frame);
      decodeResponseHeader(reader, codec as AnyApi, apiVersion);
      return codec.decodeResponse(reader, apiVersion);
    });
  }

  askRaw(frame: Uint8Array): void {
    this.requests.push(() => [frame]);
    this.decoders.push((answer) => answer);
  }

  step(input: Input): void {
    if (input.type === "started") this.effects.push({ type: "dial", id: 1 as never, transport: "stream", ...this.address });
    else if (input.type === "dialled") this.connection = input.connection;
    else if (input.type === "received") for (const frame of this.decoder.push(input.bytes).frames) this.answers.push(this.decoders.shift()?.(frame));
    else if (input.type === "closed") this.isClosed = true;
  }

  drain(): readonly Effect[] {
    const { connection } = this;
    if (connection !== undefined) for (const request of this.requests.splice(0)) this.effects.push({ type: "send", connection, parts: request() });
    return this.effects.splice(0);
  }
}
