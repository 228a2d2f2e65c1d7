import { once } from "node:events";
import { connect, type Socket } from "node:net";
import {
  apis,
  type ApiName,
  type ApiInputs,
  correlationIdOf,
  encodeRequestFrame,
  ErrorCode,
  FrameDecoder,
  newApiVersionsRequest,
  newMetadataRequest,
  Reader,
} from "@samsa/protocol";
import { expect, test } from "vitest";
import { Cluster } from "../src/index.ts";
import { leaveNoCodecs } from "./without-codecs.ts";

leaveNoCodecs();

/** A client that knows nothing but frames. */
class WireClient implements Disposable {
  readonly socket: Socket;
  readonly answers: Uint8Array[] = [];
  private readonly decoder = new FrameDecoder();
  private changed: () => void = () => undefined;

  constructor(socket: Socket) {
    this.socket = socket;
    socket.on("data", (bytes) => {
      this.answers.push(...this.decoder.push(Uint8Array.from(bytes)).frames);
      this.changed();
    });
  }

  static async connect(address: string): Promise<WireClient> {
    const socket = connect(Number(address.split(":")[1]), "127.0.0.1");
    await once(socket, "connect");
    return new WireClient(socket);
  }

  async untilAnswered(count: number): Promise<readonly number[]> {
    while (this.answers.length < count) await new Promise<void>((resolve) => (this.changed = resolve));
    return this.answers.map(correlationIdOf);
  }

  [Symbol.dispose](): void {
    this.socket.destroy();
  }
}

function frameOf<N extends ApiName>(api: N, correlationId: number, request: ApiInputs[N]["request"]): Uint8Array {
  return Buffer.concat(encodeRequestFrame(apis[api], { apiVersion: apis[api].maxVersion, correlationId, clientId: "wire" }, request) as Uint8Array[]);
}

const apiVersions = (correlationId: number) =>
  frameOf("ApiVersions", correlationId, newApiVersionsRequest({ clientSoftwareName: "wire", clientSoftwareVersion: "1" }));
const metadata = (correlationId: number) => frameOf("Metadata", correlationId, newMetadataRequest({ topics: [] }));
const addressOf = (cluster: Cluster, id: number): string => cluster.bootstrapServers.split(",")[id - 1] ?? "";

test("who is connected to a broker that is killed reads the end, and who comes is refused", async () => {
  await using cluster = await Cluster.start({ brokers: 1 });
  using client = await WireClient.connect(addressOf(cluster, 1));
  client.socket.write(apiVersions(1));
  await client.untilAnswered(1);
  const seen: string[] = [];
  for (const event of ["end", "error"] as const) client.socket.on(event, () => seen.push(event));
  const closed = once(client.socket, "close");
  await cluster.kill(1);
  await closed;
  expect(seen).toEqual(["end"]);
  await expect(WireClient.connect(addressOf(cluster, 1))).rejects.toMatchObject({ code: "ECONNREFUSED" });
});

test("a paused broker takes connections and requests, and answers when it goes on", async () => {
  await using cluster = await Cluster.start({ brokers: 3, config: { "broker.session.timeout.ms": 600, "broker.heartbeat.interval.ms": 100 } });
  using known = await WireClient.connect(addressOf(cluster, 1));
  known.socket.write(apiVersions(1));
  await known.untilAnswered(1);
  cluster.pause(1);
  using newcomer = await WireClient.connect(addressOf(cluster, 1));
  for (const { socket } of [known, newcomer]) socket.write(apiVersions(2));
  // By now the others have waited for it in vain for a whole session.
  await cluster.waitFor((state) => state.node(1)?.isUnfenced === false);
  expect([known.answers.length, newcomer.answers.length]).toEqual([1, 0]);
  cluster.resume(1);
  expect(await known.untilAnswered(2)).toEqual([1, 2]);
  expect(await newcomer.untilAnswered(1)).toEqual([2]);
});

test("an error waits for the answers to what was asked before it, and what comes behind it is handled", async () => {
  await using cluster = await Cluster.start({ brokers: 1 });
  using client = await WireClient.connect(addressOf(cluster, 1));
  const fault = cluster.failNext("ApiVersions", "UNKNOWN_SERVER_ERROR");
  client.socket.write(Buffer.concat([metadata(1), metadata(2), apiVersions(3), metadata(4), apiVersions(5)]));
  expect(await client.untilAnswered(5)).toEqual([1, 2, 3, 4, 5]);
  const errorCodes = [2, 4].map((index) => new Reader(client.answers[index] ?? new Uint8Array(), 4).int16());
  expect(errorCodes).toEqual([ErrorCode.UNKNOWN_SERVER_ERROR, ErrorCode.NONE]);
  expect(fault.timesFired).toBe(1);
});

test("requests that come in pieces are failed, held and handled like whole ones", async () => {
  await using cluster = await Cluster.start({ brokers: 1 });
  using client = await WireClient.connect(addressOf(cluster, 1));
  const hold = cluster.hold("Metadata");
  const bytes = Buffer.concat([apiVersions(1), metadata(2), apiVersions(3)]);
  for (const byte of bytes) {
    client.socket.write(Uint8Array.of(byte));
    await new Promise((resolve) => setImmediate(resolve));
  }
  expect(await client.untilAnswered(1)).toEqual([1]);
  while (!hold.hasFired) await new Promise((resolve) => setImmediate(resolve));
  expect(client.answers).toHaveLength(1);
  hold.undo();
  expect(await client.untilAnswered(3)).toEqual([1, 2, 3]);
});

test("a client that leaves while its request is held takes nothing with it", async () => {
  await using cluster = await Cluster.start({ brokers: 1 });
  const hold = cluster.hold("Metadata");
  {
    using gone = await WireClient.connect(addressOf(cluster, 1));
    gone.socket.write(metadata(1));
    while (!hold.hasFired) await new Promise((resolve) => setImmediate(resolve));
  }
  using client = await WireClient.connect(addressOf(cluster, 1));
  client.socket.write(metadata(2));
  while (hold.timesFired < 2) await new Promise((resolve) => setImmediate(resolve));
  cluster.heal();
  expect(await client.untilAnswered(1)).toEqual([2]);
  expect(cluster.state.node(1)?.status).toBe("running");
});

test("what is no request of Kafka is the broker's to refuse", async () => {
  await using cluster = await Cluster.start({ brokers: 1 });
  using client = await WireClient.connect(addressOf(cluster, 1));
  const closed = once(client.socket, "close");
  client.socket.write("GET / HTTP/1.1\r\n\r\n");
  await closed;
  expect(cluster.state.node(1)?.status).toBe("running");
});
