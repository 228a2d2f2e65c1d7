import { once } from "node:events";
import { connect, type Socket } from "node:net";
import type { ApiInputs, ApiMessages, ApiName } from "@samsa/protocol";
import { apis, encodeRequestFrame, newApiVersionsRequest } from "@samsa/protocol";
import { concatBytes } from "@samsa/stdx";
import { WireConnection } from "@samsa/scenario-runner/load";
import { ProcessCluster } from "@samsa/scenario-runner/process-cluster";
import { type Expectation, isSilent, patienceMs } from "./expectation.ts";
import { AnswerFrames } from "./answer-frames.ts";
import { type FuzzCase, writesOf } from "./fuzz-case.ts";
import { type ClusterView, endKey, type FuzzTarget, isInternalTopic, type Played } from "./target.ts";

const START_LIMIT_MS = 20_000;
/** Whoever has no answer by then gets none. */
const ROUND_LIMIT_MS = 1_500;
const QUIET_MS = 25;
const CLOSINGS_LIMIT_MS = 5_000;
const LATEST = -1;
const FENCE_ID = 0x0fe9_ce00;
/** Behind what has no answer: requests of a connection are obeyed in their order, so when this one is answered the other one was obeyed. */
const FENCE = concatBytes(
  encodeRequestFrame(apis.ApiVersions, { apiVersion: 0, correlationId: FENCE_ID, clientId: "fence" }, newApiVersionsRequest()) as readonly Uint8Array[],
);

/** One broker as a process of its own, seen as its clients see it. */
export class ProcessTarget implements FuzzTarget {
  private readonly cluster: ProcessCluster;
  private readonly address: { readonly host: string; readonly port: number };
  private readonly said: string[];
  private readonly good: WireConnection;
  private closedByServer = 0;

  private constructor(cluster: ProcessCluster, said: string[], good: WireConnection) {
    this.cluster = cluster;
    this.said = said;
    this.good = good;
    this.address = addressOf(cluster);
  }

  static async start(): Promise<ProcessTarget> {
    const said: string[] = [];
    let isReady = false;
    const cluster = await ProcessCluster.start({
      bundle: "dist/samsa.mjs",
      brokers: 1,
      areFaultsEnabled: false,
      properties: new Map([
        ["auto.create.topics.enable", "false"],
        ["offsets.topic.num.partitions", "3"],
        ["offsets.topic.replication.factor", "1"],
      ]),
      onEvent: (event) => {
        if (event.kind === "broker-unfenced") isReady = true;
        if (event.kind === "connection-closed") said.push(event.because);
        cluster.poke();
      },
    });
    if (!(await cluster.until(() => isReady, START_LIMIT_MS))) throw new Error("the broker did not start");
    return new ProcessTarget(cluster, said, await WireConnection.open(addressOf(cluster)));
  }

  call<Name extends ApiName>(api: Name, version: number, request: ApiInputs[Name]["request"]): Promise<ApiMessages[Name]["response"]> {
    return this.good.call(apis[api], version, request);
  }

  async pause(): Promise<void> {
    await new Promise((later) => setTimeout(later, QUIET_MS));
  }

  async play(cases: readonly { readonly fuzzCase: FuzzCase; readonly expectation: Expectation }[]): Promise<readonly Played[]> {
    const visits = await Promise.all(cases.map((one) => this.visit(one)));
    // Whatever comes late or twice comes now.
    await new Promise((later) => setTimeout(later, QUIET_MS));
    const played = visits.map((visit) => visit.leave());
    this.closedByServer = played.filter(({ isClosed }) => isClosed).length;
    return played;
  }

  /** The traces come through a pipe of their own: as many as connections were closed are waited for. */
  async takeClosings(): Promise<readonly string[]> {
    await this.cluster.until(() => this.said.length >= this.closedByServer, CLOSINGS_LIMIT_MS);
    this.closedByServer = 0;
    return this.said.splice(0);
  }

  async view(): Promise<ClusterView> {
    const all = await this.call("Metadata", 12, {
      topics: null,
      allowAutoTopicCreation: false,
      includeClusterAuthorizedOperations: false,
      includeTopicAuthorizedOperations: false,
    });
    const topics = all.topics.filter(({ name }) => !isInternalTopic(name ?? ""));
    const asked = topics.map(({ name, partitions }) => ({
      name: name ?? "",
      partitions: partitions.map(({ partitionIndex }) => ({ partitionIndex, currentLeaderEpoch: -1, timestamp: LATEST })),
    }));
    const ends = await this.call("ListOffsets", 6, { replicaId: -1, isolationLevel: 0, topics: asked, timeoutMs: 0 });
    const ids = new Map(topics.map(({ name, topicId }) => [name ?? "", String(topicId)]));
    return {
      topics: new Map(
        topics.map((topic) => [
          String(topic.topicId),
          { name: topic.name ?? "", partitions: topic.partitions.length, state: JSON.stringify(topic), keepsBatches: true },
        ]),
      ),
      ends: new Map(
        ends.topics.flatMap(({ name, partitions }) =>
          partitions
            .filter(({ errorCode }) => errorCode === 0)
            .map(({ partitionIndex, offset }) => [endKey(ids.get(name) ?? name, partitionIndex), offset] as const),
        ),
      ),
      rest: "",
    };
  }

  problems(): readonly string[] {
    return this.cluster.nodes.flatMap((node) => (node.isRunning ? [] : [node.failure ?? "the broker has ended"]));
  }

  async dispose(): Promise<void> {
    this.good.close();
    await this.cluster.dispose();
  }

  private async visit(one: { readonly fuzzCase: FuzzCase; readonly expectation: Expectation }): Promise<{ readonly leave: () => Played }> {
    const { expectation, fuzzCase } = one;
    const socket = connect({ ...this.address, noDelay: true });
    socket.on("error", () => undefined);
    await once(socket, "connect");
    const answers = new AnswerFrames();
    socket.on("data", (bytes: Buffer) => {
      answers.push(bytes);
      socket.emit("answers");
    });
    let isClosed = false;
    socket.once("end", () => (isClosed = true)).once("close", () => (isClosed = true));
    const isFenced = expectation.end === "open" && expectation.requests.slice(-1).some(isSilent);
    await say(socket, isFenced ? [...writesOf(fuzzCase), FENCE] : writesOf(fuzzCase));
    const expected = expectation.requests.filter((request) => !isSilent(request)).length + (isFenced ? 1 : 0);
    const isOver = (): boolean => isClosed || (expectation.end !== "closed" && (answers.frames.length >= expected || isPatient(expectation)));
    await settled(socket, isOver);
    const leave = (): Played => {
      if (fuzzCase.index % 2 === 0) socket.destroy();
      else socket.resetAndDestroy();
      return { ...one, answers: answers.frames.filter((frame) => !isOfFence(frame)), isClosed };
    };
    return { leave };
  }
}

function addressOf({ bootstrap }: ProcessCluster): { readonly host: string; readonly port: number } {
  const [host = "", port = ""] = (bootstrap[0] ?? "").split(":");
  return { host, port: Number(port) };
}

const isOfFence = (frame: Uint8Array): boolean => frame.length >= 4 && new DataView(frame.buffer, frame.byteOffset).getInt32(0) === FENCE_ID;

const isPatient = ({ requests }: Expectation): boolean => requests.some((request) => patienceMs(request) >= ROUND_LIMIT_MS);

/** Each write in a turn of its own, so that it is a packet of its own. */
async function say(socket: Socket, writes: readonly Uint8Array[]): Promise<void> {
  for (const bytes of writes) {
    if (socket.destroyed) return;
    socket.write(bytes);
    await new Promise((later) => setImmediate(later));
  }
}

function settled(socket: Socket, isOver: () => boolean): Promise<void> {
  return new Promise((resolve) => {
    const look = (): void => {
      if (isOver()) finish();
    };
    const finish = (): void => {
      clearTimeout(timer);
      socket.off("answers", look).off("end", look).off("close", look);
      resolve();
    };
    const timer = setTimeout(finish, ROUND_LIMIT_MS);
    socket.on("answers", look).on("end", look).on("close", look);
    look();
  });
}
