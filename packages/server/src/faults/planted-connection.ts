import { type DecodedFrames, FrameDecoder } from "@samsa/protocol";
import type { Uuid } from "@samsa/stdx";
import type { ConnectionHandler, PortConnection } from "@samsa/world";
import { type DeliveredFrame, type PlantControl, shiftOffsets } from "./plant-control.ts";
import { type ProduceFrame, readProduceResponse, writeProduceResponse } from "./produce-frame.ts";

/** What is owed to the client, in the order of its requests. */
type Owed =
  /** The broker's answer to a frame it was given. */
  | { readonly type: "answer"; readonly delivered: DeliveredFrame; readonly produce: ProduceFrame | undefined }
  | { readonly type: "invented"; readonly chunks: readonly Uint8Array[] };

/** No limit of our own: the broker's applies behind it. */
const MAX_FRAME = 0x7fff_ffff;

/**
 * A Kafka connection that was accepted, as the broker sees it. Requests and answers are cut into frames, because Kafka answers in
 * the order of the requests: an invented answer waits for the answers before it, and an answer that the client must not see is left out.
 */
export class PlantedConnection implements PortConnection {
  readonly remote: string;
  private readonly inner: PortConnection;
  private readonly control: PlantControl;
  private readonly topicName: (id: Uuid) => string | undefined;
  private readonly requests = new FrameDecoder(MAX_FRAME);
  private readonly answers = new FrameDecoder(MAX_FRAME);
  private readonly owed: Owed[] = [];

  constructor(inner: PortConnection, control: PlantControl, topicName: (id: Uuid) => string | undefined) {
    this.inner = inner;
    this.remote = inner.remote;
    this.control = control;
    this.topicName = topicName;
  }

  attach(handler: ConnectionHandler): void {
    this.inner.attach({
      received: (bytes) => this.received(bytes, handler),
      drained: () => handler.drained(),
      closed: (reason) => handler.closed(reason),
    });
  }

  write(chunks: readonly Uint8Array[]): boolean {
    const out: Uint8Array[] = [];
    for (const chunk of chunks) for (const frame of this.answers.push(chunk).frames) this.answer(frame, out);
    return out.length === 0 || this.inner.write(out);
  }

  setReading(isReading: boolean): void {
    this.inner.setReading(isReading);
  }

  admit(): void {
    this.inner.admit();
  }

  end(): void {
    this.inner.end();
  }

  reset(): void {
    this.inner.reset();
  }

  private received(bytes: Uint8Array, handler: ConnectionHandler): void {
    const { frames, error }: DecodedFrames = this.requests.push(bytes);
    for (const frame of frames) this.request(frame, handler);
    // What is no frame of Kafka is the broker's to refuse: it gets the size that can't be.
    if (error !== undefined) handler.received(sizeOf(error.size));
  }

  private request(frame: Uint8Array, handler: ConnectionHandler): void {
    const { frames, invented, produce } = this.control.request(frame);
    const expectsAnswer = produce === undefined || produce.acks !== 0;
    if (expectsAnswer) for (const delivered of frames) this.owed.push({ type: "answer", delivered, produce });
    if (invented !== undefined && produce !== undefined) {
      this.owed.push({ type: "invented", chunks: writeProduceResponse(produce, invented) });
      const out: Uint8Array[] = [];
      this.settleInvented(out);
      if (out.length > 0) this.inner.write(out);
    }
    for (const delivered of frames) handler.received(framed(delivered.frame));
  }

  private answer(frame: Uint8Array, out: Uint8Array[]): void {
    const owed = this.owed.shift();
    if (owed?.type === "answer" && owed.delivered.isAnswerForClient) out.push(...this.forClient(frame, owed));
    else if (owed === undefined) out.push(framed(frame));
    this.settleInvented(out);
  }

  private forClient(frame: Uint8Array, { delivered, produce }: Extract<Owed, { type: "answer" }>): readonly Uint8Array[] {
    const response = produce === undefined ? undefined : readProduceResponse(frame, produce);
    if (produce === undefined || response === undefined) return [framed(frame)];
    this.control.answered(produce, response);
    return delivered.shifts.size === 0 ? [framed(frame)] : writeProduceResponse(produce, shiftOffsets(response, delivered.shifts, this.topicName));
  }

  private settleInvented(out: Uint8Array[]): void {
    for (let first = this.owed[0]; first?.type === "invented"; first = this.owed[0]) {
      this.owed.shift();
      out.push(...first.chunks);
    }
  }
}

const sizeOf = (size: number): Uint8Array => Uint8Array.of(size >>> 24, (size >>> 16) & 0xff, (size >>> 8) & 0xff, size & 0xff);

function framed(frame: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(4 + frame.length);
  bytes.set(sizeOf(frame.length));
  bytes.set(frame, 4);
  return bytes;
}
