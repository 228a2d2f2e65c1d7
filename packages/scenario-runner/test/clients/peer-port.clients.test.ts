import type { Socket } from "node:net";
import { Prng } from "@samsa/stdx";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { ProcessCluster } from "../../src/process-world/process-cluster.ts";
import { ClusterState } from "../../src/run/cluster-state.ts";
import type { NodeEvent } from "../../src/run/node-event.ts";
import { CLUSTER_TITLE, ROLES_OF_CLUSTERS } from "./running-cluster.ts";
import { type Address, binaryFrame, rawSocket, rawWebSocket } from "./raw-web-socket.ts";

const TIMEOUT_MS = 20_000;
const SEED = Number(process.env["SAMSA_FIRST_SEED"] ?? 1);
const MEBIBYTE = 1024 * 1024;
/** Far below what the claims of one test would take if anybody believed them. */
const RESIDENT_BYTES_MAX = 600 * MEBIBYTE;
/** A stranger has 5 s to ask for a WebSocket, and 2 s to prove itself. */
const STRANGER_MS = 10_000;

let state: ClusterState;
let events: NodeEvent[];
let cluster: ProcessCluster;
const prng = new Prng(SEED);

/** Of every node in turn: brokers that are no controllers listen too. */
const controlPort = (index: number): Address => addressOf(cluster.nodes[index % cluster.nodes.length]?.id ?? -1);
const addressOf = (id: number): Address => cluster.controlAddresses.get(id) ?? { host: "127.0.0.1", port: 0 };

/** Fails if one of them is still open when a stranger's time has been over for long, or if they cost node 1 much memory meanwhile. */
async function expectClosed(sockets: readonly Socket[]): Promise<void> {
  const until = performance.now() + STRANGER_MS;
  let residentBytes = 0;
  while (sockets.some((socket) => !socket.closed) && performance.now() < until) {
    residentBytes = Math.max(residentBytes, cluster.node(1).residentBytes ?? 0);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  expect(sockets.filter((socket) => !socket.closed)).toHaveLength(0);
  expect(residentBytes).toBeLessThan(RESIDENT_BYTES_MAX);
}

/** What no stranger may bring about. */
const isMoved = ({ kind }: NodeEvent): boolean =>
  kind === "raft-role" || kind === "broker-fenced" || kind === "broker-registered" || kind === "controller" || kind === "violation";

/** Runs what strangers do, and sees that nothing came of it but lines in the log, and few of those. */
async function unmoved(strangers: () => Promise<void>): Promise<void> {
  const [pids, before] = [cluster.nodes.map(({ pid }) => pid), events.length];
  await strangers();
  expect(cluster.nodes.map(({ pid, failure }) => [pid, failure])).toEqual(pids.map((pid) => [pid, undefined]));
  const since = events.slice(before);
  expect(since.filter(isMoved)).toEqual([]);
  expect(since.filter(({ kind }) => kind === "peer-refused").length).toBeLessThanOrEqual(cluster.nodes.length * 8);
  for (const { residentBytes } of cluster.nodes) expect(residentBytes ?? 0).toBeLessThan(RESIDENT_BYTES_MAX);
}

describe.each(ROLES_OF_CLUSTERS)(`Strangers at the control port (${CLUSTER_TITLE}, seed ${SEED})`, (controllers) => {
  beforeAll(async () => {
    [state, events] = [new ClusterState(), []];
    cluster = await ProcessCluster.start({
      bundle: "dist/samsa.mjs",
      brokers: 3,
      controllers,
      areFaultsEnabled: false,
      onEvent: (event) => {
        state.apply(event);
        events.push(event);
        cluster?.poke();
      },
    });
    if (!(await cluster.until(() => state.unfenced.size === 3 && state.activeController > 0, TIMEOUT_MS)))
      throw new Error("not every broker came into service");
  });

  afterAll(() => cluster.dispose());

  test("who speak no WebSocket are closed", async () => {
    await unmoved(async () => {
      const words = [
        "GET / HTTP/1.1\r\nHost: a\r\n\r\n",
        "POST /samsa HTTP/1.1\r\nContent-Length: 99999999999\r\n\r\n",
        "\u0016\u0003\u0001\u0002\u0000\u0001",
      ];
      const sockets = await Promise.all(Array.from({ length: 60 }, (_, index) => rawSocket(controlPort(index))));
      for (const [index, socket] of sockets.entries()) socket.write(words[index % 4] ?? prng.bytes(1 + prng.below(5_000)));
      await expectClosed(sockets);
    });
  });

  test("who send noise in frames, or frames that are no frames, are closed", async () => {
    await unmoved(async () => {
      const sockets = await Promise.all(Array.from({ length: 60 }, (_, index) => rawWebSocket(controlPort(index))));
      for (const [index, socket] of sockets.entries())
        socket.write(index % 2 === 0 ? binaryFrame(prng.bytes(prng.below(3_000))) : prng.bytes(1 + prng.below(3_000)));
      await expectClosed(sockets);
    });
  });

  test("who claim frames of any size and send a part are closed, and their claims cost nothing", async () => {
    await unmoved(async () => {
      const claims = [15 * MEBIBYTE, 17 * MEBIBYTE, 2 ** 32, Number.MAX_SAFE_INTEGER];
      const sockets = await Promise.all(Array.from({ length: 180 }, (_, index) => rawWebSocket(controlPort(index))));
      for (const [index, socket] of sockets.entries()) socket.write(binaryFrame(prng.bytes(1_000), claims[index % claims.length]));
      await expectClosed(sockets);
    });
  });

  test("who send frames as large as a peer's may be get no memory for them", async () => {
    await unmoved(async () => {
      const [claim, piece] = [15 * MEBIBYTE, Buffer.alloc(MEBIBYTE)];
      const sockets = await Promise.all(Array.from({ length: 60 }, () => rawWebSocket(controlPort(1))));
      for (const socket of sockets) {
        socket.write(binaryFrame(prng.bytes(1_000), claim));
        for (let sent = 1; sent < 15; sent++) socket.write(piece);
      }
      await expectClosed(sockets);
    });
  });

  test("who say nothing, by the hundred, keep no place that a node needs", async () => {
    const sockets: Socket[] = [];
    const dial = async (count: number, open: (address: Address) => Promise<Socket>): Promise<void> => {
      for (let index = 0; index < count; index++) sockets.push(await open(controlPort(index)));
    };
    await unmoved(async () => {
      await dial(300, rawSocket);
      await dial(300, rawWebSocket);
    });
    const victim = [1, 2, 3].find((id) => id !== state.activeController) ?? 1;
    await cluster.node(victim).kill("SIGKILL");
    expect(await cluster.until(() => !state.unfenced.has(victim), TIMEOUT_MS)).toBe(true);
    cluster.node(victim).start();
    expect(await cluster.until(() => state.unfenced.has(victim), TIMEOUT_MS)).toBe(true);
    await expectClosed(sockets);
  });
});
