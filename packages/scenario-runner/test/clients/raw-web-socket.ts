import { once } from "node:events";
import { connect, type Socket } from "node:net";

export interface Address {
  readonly host: string;
  readonly port: number;
}

/** A TCP connection, whatever becomes of it. */
export async function rawSocket({ host, port }: Address): Promise<Socket> {
  const socket = connect({ host, port });
  socket.on("error", () => undefined);
  // Read and thrown away: an end would not be heard of otherwise.
  socket.resume();
  await once(socket, "connect");
  return socket;
}

/** A WebSocket after its upgrade, to which anything can be written. */
export async function rawWebSocket(address: Address): Promise<Socket> {
  const socket = await rawSocket(address);
  const answered = once(socket, "data");
  socket.write(
    "GET /samsa HTTP/1.1\r\nHost: control\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\nSec-WebSocket-Version: 13\r\n\r\n",
  );
  await answered;
  return socket;
}

/** One binary frame with a mask of zeros; `claimedBytes` may be more than there are. */
export function binaryFrame(content: Uint8Array, claimedBytes = content.length): Buffer {
  const head = Buffer.alloc(14);
  head[0] = 0x82;
  head[1] = 0x80 | 127;
  head.writeBigUInt64BE(BigInt(claimedBytes), 2);
  return Buffer.concat([head, content]);
}
