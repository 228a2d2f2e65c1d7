/** The process of the bad clients; `bad-clients.ts` starts it. */
import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { apis } from "@samsa/protocol";
import { frameOf } from "@samsa/scenario-runner/load";
import { ZERO_UUID } from "@samsa/stdx";
import type { BadKind, Order, Report } from "./bad-clients.ts";
import { LARGE_TOPIC } from "./topics.ts";

const [host = "", portText = ""] = process.argv.slice(2);
const port = Number(portText);

const AT_A_TIME = 200;
/** What they do is done for so long before they are counted as come. */
const STAY_MS = 1_500;
const CLAIMED_BYTES = 100 * 1024 * 1024;
const SLOW_CHUNK = Buffer.alloc(64 * 1024);
const SLOW_EVERY_MS = 20;
const ASKED_BYTES = 50 * 1024 * 1024;
const READ_EVERY_MS = 100;
const READ_BYTES = 16 * 1024;

const sizeOf = (size: number): Buffer => {
  const bytes = Buffer.alloc(4);
  bytes.writeInt32BE(size);
  return bytes;
};

const FETCH = frameOf(apis.Fetch, 12, {
  clusterId: null,
  replicaId: -1,
  replicaState: { replicaId: -1, replicaEpoch: -1 },
  maxWaitMs: 0,
  minBytes: 0,
  maxBytes: ASKED_BYTES,
  isolationLevel: 0,
  sessionId: 0,
  sessionEpoch: -1,
  topics: [
    {
      topic: LARGE_TOPIC,
      topicId: ZERO_UUID,
      partitions: [
        {
          partition: 0,
          currentLeaderEpoch: -1,
          fetchOffset: 0,
          lastFetchedEpoch: -1,
          logStartOffset: -1,
          partitionMaxBytes: ASKED_BYTES,
          replicaDirectoryId: ZERO_UUID,
          highWatermark: Number.MAX_SAFE_INTEGER,
        },
      ],
    },
  ],
  forgottenTopicsData: [],
  rackId: "",
});

const sockets = new Set<Socket>();
const timers = new Set<NodeJS.Timeout>();
const every = (ms: number, act: () => void): void => void timers.add(setInterval(act, ms));

/** What each kind does once it is connected. */
const MANNERS: Readonly<Record<BadKind, (socket: Socket) => void>> = {
  idle: () => undefined,
  half: (socket) => void socket.write(FETCH.subarray(0, FETCH.length / 2)),
  claim: (socket) => void socket.write(Buffer.concat([sizeOf(CLAIMED_BYTES), Buffer.from("abcd")])),
  "slow-claim": (socket) => {
    socket.write(sizeOf(CLAIMED_BYTES));
    every(SLOW_EVERY_MS, () => {
      if (socket.writableLength === 0 && !socket.destroyed) socket.write(SLOW_CHUNK);
    });
  },
  "slow-reader": (socket) => {
    socket.pause();
    socket.write(FETCH);
    every(READ_EVERY_MS, () => void socket.read(READ_BYTES));
  },
};

async function come(kind: BadKind, count: number): Promise<void> {
  for (let opened = 0; opened < count; opened += AT_A_TIME) await Promise.all(Array.from({ length: Math.min(AT_A_TIME, count - opened) }, () => open(kind)));
}

async function open(kind: BadKind): Promise<void> {
  const socket = connect({ host, port });
  sockets.add(socket);
  await once(socket, "connect");
  socket.on("error", () => undefined);
  if (kind !== "slow-reader") socket.resume();
  MANNERS[kind](socket);
}

/** When it returns all are closed here. */
function leave(): void {
  for (const timer of timers) clearInterval(timer);
  timers.clear();
  for (const socket of sockets) socket.resetAndDestroy();
  sockets.clear();
}

async function follow(order: Order): Promise<Report> {
  try {
    if (order.type === "leave") leave();
    else {
      for (const { kind, count } of order.kinds) await come(kind, count);
      await new Promise((resolve) => setTimeout(resolve, STAY_MS));
    }
    return { type: "done" };
  } catch (error) {
    return { type: "failed", because: String(error) };
  }
}

process.on("message", (order: Order) => void follow(order).then((report) => process.send?.(report)));
