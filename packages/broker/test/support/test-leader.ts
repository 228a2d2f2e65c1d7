import {
  apis,
  type ApiCodec,
  type ApiInputs,
  type ApiName,
  type AnyApi,
  decodeRequestHeader,
  encodeResponseFrame,
  type FetchRequest,
  FrameDecoder,
} from "@samsa/protocol";
import { concatBytes, Prng } from "@samsa/stdx";
import type { ConnectionId } from "@samsa/world";
import { PeerServer } from "../../src/connection/peer-proof.ts";
import { type NodeId, type TestBroker, testProof, TOPIC_ID } from "./test-broker.ts";

interface Request {
  readonly api: AnyApi;
  readonly apiVersion: number;
  readonly correlationId: number;
  readonly body: unknown;
}

type FetchResponseInput = ApiInputs["Fetch"]["response"];
export type PartitionAnswer = Partial<FetchResponseInput["responses"][number]["partitions"][number]>;

const NOTHING_NEW = {
  errorCode: 0,
  highWatermark: 0,
  lastStableOffset: 0,
  logStartOffset: 0,
  divergingEpoch: { epoch: -1, endOffset: -1 },
  currentLeader: { leaderId: -1, leaderEpoch: -1 },
  snapshotId: { endOffset: -1, epoch: -1 },
  abortedTransactions: null,
  preferredReadReplica: -1,
  records: [],
};

/** The leader that a broker under test dialled: it proves itself and keeps the fetches, for the test to answer. */
export class TestLeader {
  readonly fetches: FetchRequest[] = [];
  private readonly host: TestBroker;
  readonly connection: ConnectionId;
  private readonly server: PeerServer;
  private readonly decoder = new FrameDecoder();
  private readonly requests: Request[] = [];
  private seen: number;

  constructor(host: TestBroker, id: NodeId, proof = testProof) {
    this.host = host;
    this.server = new PeerServer({ self: id, proof, prng: new Prng(id) });
    this.seen = host.sent.length;
    this.connection = host.connectDialled();
    this.read();
  }

  /** Goes through the handshake, as far as the follower does. */
  prove(): this {
    this.reply("SaslHandshake", { errorCode: 0, mechanisms: ["SAMSA-PEER"] });
    for (let i = 0; i < 2; i++) {
      const step = this.server.receive((this.requests[0]?.body as { authBytes: Uint8Array } | undefined)?.authBytes ?? new Uint8Array(0));
      if (this.requests.length === 0) return this;
      this.reply("SaslAuthenticate", {
        errorCode: step.type === "refused" ? 58 : 0,
        errorMessage: null,
        authBytes: "bytes" in step ? step.bytes : new Uint8Array(0),
        sessionLifetimeMs: 0,
      });
    }
    return this;
  }

  /** Answers the oldest fetch: of each partition that it names what `of` says, else nothing new. It keeps no session without `sessionId`. */
  answer(of: (topicId: string, partition: number, fetchOffset: number) => PartitionAnswer = () => ({}), topLevelError = 0, sessionId = 0): void {
    const fetch = this.fetches.shift();
    if (fetch === undefined) throw new Error("there is no fetch to answer");
    const responses = fetch.topics.map(({ topicId, partitions }) => ({
      topic: "",
      topicId,
      partitions: partitions.map(({ partition, fetchOffset }) => ({
        ...NOTHING_NEW,
        partitionIndex: partition,
        ...of(topicId, partition, fetchOffset),
      })),
    }));
    this.reply("Fetch", { throttleTimeMs: 0, errorCode: topLevelError, sessionId, responses: topLevelError === 0 ? responses : [], nodeEndpoints: [] });
  }

  /** Answers the oldest fetch of a session: only these partitions. */
  answerIncrementally(sessionId: number, partitions: Readonly<Record<number, PartitionAnswer>> = {}): void {
    const fetch = this.fetches.shift();
    if (fetch === undefined) throw new Error("there is no fetch to answer");
    const answers = Object.entries(partitions).map(([partition, of]) => ({ ...NOTHING_NEW, partitionIndex: Number(partition), ...of }));
    const responses = answers.length === 0 ? [] : [{ topic: "", topicId: TOPIC_ID, partitions: answers }];
    this.reply("Fetch", { throttleTimeMs: 0, errorCode: 0, sessionId, responses, nodeEndpoints: [] });
  }

  close(): void {
    this.host.turn((now) => this.host.broker.input({ type: "closed", connection: this.connection, reason: "reset" }, now));
  }

  send(bytes: Uint8Array): void {
    this.host.turn((now) => this.host.broker.input({ type: "received", connection: this.connection, bytes }, now));
    this.read();
  }

  /** Takes what the follower has sent meanwhile. */
  read(): this {
    for (const { connection, bytes } of this.host.sent.slice(this.seen)) {
      if (connection !== this.connection) continue;
      for (const frame of this.decoder.push(bytes.slice()).frames) this.take(frame);
    }
    this.seen = this.host.sent.length;
    return this;
  }

  private take(frame: Uint8Array): void {
    const { api, apiVersion, correlationId, bodyReader } = decodeRequestHeader(frame);
    if (api === undefined) throw new Error("the follower asked for an API that is not there");
    const body = (api as ApiCodec<ApiName>).decodeRequest(bodyReader, apiVersion);
    this.requests.push({ api, apiVersion, correlationId, body });
    if (api.name === "Fetch") this.fetches.push(body as FetchRequest);
  }

  private reply<Name extends ApiName>(name: Name, response: ApiInputs[Name]["response"]): void {
    const request = this.requests.shift();
    if (request?.api.name !== name) throw new Error(`the follower's next request is ${request?.api.name ?? "not there"}, not ${name}`);
    this.send(concatBytes(encodeResponseFrame(apis[name] as ApiCodec<Name>, request, response) as readonly Uint8Array[]));
  }
}
