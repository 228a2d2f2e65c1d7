import type { Socket } from "node:net";
import { queueMicrotask } from "./timers.ts";

/** What Node's sockets read by; where a Node has another, they read once more after they were told to stop. */
interface ReadHandle {
  reading: boolean;
  readStop(): number;
}

/**
 * Nothing comes any more, and nothing is read ahead. `pause` alone lets the socket read once more, and keep what came: 64 KiB of each of
 * five hundred that are told to stop. So does Node itself with sockets that have a buffer of their own (`onread`), which accepted ones can't be given.
 */
export function stopReading(socket: Socket): void {
  socket.pause();
  stopHandle(socket);
  // 1. A `data` event stops the socket, 2. the stream, which has room still, asks for more in the next tick, 3. the handle reads again.
  queueMicrotask(() => {
    if (socket.isPaused()) stopHandle(socket);
  });
}

function stopHandle(socket: Socket): void {
  const handle = handleOf(socket);
  if (handle === undefined || !handle.reading) return;
  handle.reading = false;
  handle.readStop();
}

/** Also after `stopReading`, of which the stream knows nothing: it would wait for what it has asked for. */
export function startReading(socket: Socket): void {
  socket.resume();
  if (handleOf(socket)?.reading === false) socket._read(0);
}

function handleOf(socket: object): ReadHandle | undefined {
  const handle: unknown = "_handle" in socket ? socket._handle : undefined;
  return isReadHandle(handle) ? handle : undefined;
}

function isReadHandle(handle: unknown): handle is ReadHandle {
  return typeof handle === "object" && handle !== null && "reading" in handle && "readStop" in handle && typeof handle.readStop === "function";
}
