import { connect, type Socket } from "node:net";
import { setTimeout as pause } from "node:timers/promises";
import type { PortConnection } from "@samsa/world";
import { afterEach, expect, it } from "vitest";
import { NodeNetwork } from "../src/network.ts";
import { LARGE_PIECE_BYTES, LARGE_PIECES_KEPT, PIECE_BYTES, PiecePool, PIECES_KEPT } from "../src/piece-pool.ts";

const networks: NodeNetwork[] = [];
const sockets: Socket[] = [];

afterEach(async () => {
  for (const socket of sockets.splice(0)) socket.destroy();
  await Promise.all(networks.splice(0).map((network) => new Promise<void>((resolve) => network.close(resolve))));
});

async function listen(pieces: PiecePool, accept: (connection: PortConnection) => void): Promise<number> {
  const network = new NodeNetwork({ pieces });
  networks.push(network);
  return new Promise((resolve) => network.listen({ transport: "stream", host: "127.0.0.1", port: 0 }, accept, (port) => resolve(port.ok ? port.value : 0)));
}

function client(port: number): Socket {
  const socket = connect({ host: "127.0.0.1", port });
  socket.on("error", () => undefined);
  sockets.push(socket);
  return socket;
}

/** Sends so many pieces, each filled with its number, one when the other has left. */
function sendPieces(connection: PortConnection, pieces: PiecePool, count: number): void {
  let sent = 0;
  const sendMore = (): void => {
    for (let hasRoom = true; hasRoom && sent < count;) {
      const piece = pieces.take(PIECE_BYTES).fill(++sent);
      hasRoom = connection.write([piece]);
    }
  };
  connection.attach({ received: () => undefined, drained: sendMore, closed: () => undefined });
  sendMore();
}

it("gives memory to the next reader only when its bytes have left, however slow a client is", async () => {
  const pieces = new PiecePool();
  const count = 40;
  const port = await listen(pieces, (connection) => sendPieces(connection, pieces, count));
  const read = async (socket: Socket, isSlow: boolean): Promise<readonly number[]> => {
    const counts = Array.from({ length: count + 1 }, () => 0);
    let total = 0;
    for await (const bytes of socket as AsyncIterable<Buffer>) {
      for (const byte of bytes) counts[byte] = (counts[byte] ?? 0) + 1;
      total += bytes.length;
      if (total === count * PIECE_BYTES) break;
      if (isSlow) await pause(1);
    }
    return counts;
  };
  const all = await Promise.all([true, false, true, false, true, false].map((isSlow) => read(client(port), isSlow)));
  for (const counts of all) expect(counts).toEqual([0, ...Array.from({ length: count }, () => PIECE_BYTES)]);
  expect(pieces.size).toBeGreaterThan(0);
  // The next piece is taken when the last one has left, and that one comes back just after.
  expect(pieces.size).toBeLessThanOrEqual(2 * all.length);
});

it.each([
  [PIECE_BYTES, PIECES_KEPT],
  [LARGE_PIECE_BYTES, LARGE_PIECES_KEPT],
])("keeps few pieces of %i bytes, none twice, and none that it did not lend", (bytes, kept) => {
  const pieces = new PiecePool();
  const taken = Array.from({ length: 3 * kept }, () => pieces.take(bytes));
  for (const piece of taken) pieces.giveBack(piece);
  for (const piece of taken) pieces.giveBack(piece);
  pieces.giveBack(new Uint8Array(bytes));
  expect(pieces.size).toBe(kept);
  const again = Array.from({ length: kept + 1 }, () => pieces.take(bytes - 1));
  expect(new Set(again.map(({ buffer }) => buffer)).size).toBe(kept + 1);
});

it("gives no large piece for a read that a small one is enough for", () => {
  const pieces = new PiecePool();
  pieces.giveBack(pieces.take(LARGE_PIECE_BYTES));
  expect(pieces.take(PIECE_BYTES).buffer.byteLength).toBe(PIECE_BYTES);
  expect(pieces.take(PIECE_BYTES + 1).buffer.byteLength).toBe(LARGE_PIECE_BYTES);
});

it("has small reads in memory of their own size", () => {
  const pieces = new PiecePool();
  const small = pieces.take(10);
  expect(small.buffer.byteLength).toBe(10);
  expect(pieces.isLent(small)).toBe(false);
});
