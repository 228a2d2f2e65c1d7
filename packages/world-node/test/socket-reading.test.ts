import { once } from "node:events";
import { type AddressInfo, connect, createServer, type Socket } from "node:net";
import { afterEach, expect, it } from "vitest";
import { startReading, stopReading } from "../src/socket-reading.ts";
import { eventually } from "./eventually.ts";

const BYTES = 64 * 1024;
const server = createServer();
const open = new Set<Socket>();

afterEach(() => {
  for (const socket of open) socket.destroy();
  open.clear();
  server.close();
});

async function pair(): Promise<{ readonly near: Socket; readonly far: Socket }> {
  if (!server.listening) await once(server.listen(0, "127.0.0.1"), "listening");
  const { port } = server.address() as AddressInfo;
  const accepted = once(server, "connection");
  const far = connect({ port, host: "127.0.0.1" });
  const [near] = (await accepted) as [Socket];
  for (const socket of [near, far]) open.add(socket);
  return { near, far };
}

it("reads nothing ahead once a socket was told to stop, and all of it when it may go on", async () => {
  const [stopped, witness] = [await pair(), await pair()];
  let received = 0;
  stopped.near.on("data", (bytes: Buffer) => (received += bytes.length));
  stopped.far.write("begins");
  expect(await eventually(() => received === 6)).toBe(true);

  stopReading(stopped.near);
  await new Promise((resolve) => stopped.far.write(Buffer.alloc(BYTES), resolve));
  // What comes later has been read: there was time for the other as well.
  for (let turn = 0; turn < 3; turn++) {
    witness.far.write("later");
    await once(witness.near, "data");
  }
  expect([stopped.near.bytesRead, received]).toEqual([6, 6]);

  startReading(stopped.near);
  expect(await eventually(() => received === 6 + BYTES)).toBe(true);
});

it("may be told to stop and to go on at any time", async () => {
  const { near, far } = await pair();
  let received = 0;
  near.on("data", (bytes: Buffer) => {
    received += bytes.length;
    stopReading(near);
    setImmediate(() => startReading(near));
  });
  stopReading(near);
  stopReading(near);
  startReading(near);
  startReading(near);
  far.end(Buffer.alloc(20 * BYTES));
  await once(near, "end");
  expect(received).toBe(20 * BYTES);
});

it("reads nothing more when it is told to stop by who is given the bytes", async () => {
  const [stopped, witness] = [await pair(), await pair()];
  let received = 0;
  stopped.near.on("data", (bytes: Buffer) => {
    received += bytes.length;
    stopReading(stopped.near);
  });
  stopped.far.write("begins");
  expect(await eventually(() => received === 6)).toBe(true);
  await new Promise((resolve) => stopped.far.write(Buffer.alloc(BYTES), resolve));
  for (let turn = 0; turn < 3; turn++) {
    witness.far.write("later");
    await once(witness.near, "data");
  }
  expect([stopped.near.bytesRead, received]).toEqual([6, 6]);

  // Each piece is given, and stops it again: nothing is lost, and nothing is read ahead of it.
  while (received < 6 + BYTES) {
    const before = received;
    startReading(stopped.near);
    expect(await eventually(() => received > before)).toBe(true);
    expect(stopped.near.bytesRead).toBe(received);
  }
});
