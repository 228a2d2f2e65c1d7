import { createServer } from "node:http";
import type { Server } from "node:http";
import type { Duplex } from "node:stream";
import type { Socket } from "node:net";
import { WebSocket, WebSocketServer } from "ws";
import { MessageConnection } from "./message-connection.ts";
import { MESSAGE_BYTES_MAX, MESSAGE_PATH } from "./network-limits.ts";
import { Newcomers } from "./newcomers.ts";

/** An HTTP server whose only resource is a WebSocket; everything else is refused. */
export function createMessageServer(accept: (connection: MessageConnection) => void, upgradeTimeoutMs: number): Server {
  const newcomers = new Newcomers(upgradeTimeoutMs);
  const webSockets = new WebSocketServer({
    noServer: true,
    path: MESSAGE_PATH,
    perMessageDeflate: false,
    maxPayload: MESSAGE_BYTES_MAX,
    clientTracking: false,
  });
  const server = createServer((_request, response) => {
    response.writeHead(426, { connection: "close", upgrade: "websocket" }).end();
  });
  server.on("connection", (socket: Socket) => newcomers.add(socket));
  server.on("upgrade", (request, socket: Duplex, head) => {
    // A broken client must not end the process.
    socket.on("error", () => {});
    webSockets.handleUpgrade(request, socket, head, (webSocket) => {
      newcomers.settled(request.socket);
      accept(new MessageConnection(webSocket, request.socket, true));
    });
  });
  return server;
}

/** Dials `ws://host:port/samsa`. One of the two is called, once; the function returned gives up. */
export function dialMessages(
  endpoint: { host: string; port: number },
  opened: (connection: MessageConnection, socket: Socket) => void,
  failed: (error: Error) => void,
): () => void {
  const host = endpoint.host.includes(":") ? `[${endpoint.host}]` : endpoint.host;
  const webSocket = new WebSocket(`ws://${host}:${endpoint.port}${MESSAGE_PATH}`, {
    perMessageDeflate: false,
    maxPayload: MESSAGE_BYTES_MAX,
    followRedirects: false,
  });
  let socket: Socket | undefined;
  const onError = (error: Error): void => failed(error);
  webSocket.on("error", onError);
  webSocket.on("upgrade", (response) => {
    socket = response.socket;
  });
  webSocket.on("open", () => {
    webSocket.off("error", onError);
    if (socket !== undefined) opened(new MessageConnection(webSocket, socket, false), socket);
  });
  return () => webSocket.terminate();
}
