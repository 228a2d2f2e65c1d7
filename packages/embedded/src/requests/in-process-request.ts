import { type ApiInputs, type ApiMessages, type ApiName, apis, decodeResponseHeader, encodeRequestFrame, FrameDecoder, Reader } from "@samsa/protocol";
import type { PortConnection } from "@samsa/world";
import { hostTimers } from "@samsa/world-node";

export interface InProcessRequest<N extends ApiName> {
  readonly api: N;
  readonly apiVersion: number;
  readonly request: ApiInputs[N]["request"];
}

const MAX_ANSWER = 64 * 1024 * 1024;
const CLIENT_ID = "samsa-embedded";

/**
 * Asks a broker as a client would, on a connection without sockets: `accept` is given one end of it, as if it had come by the broker's listener. So the
 * request takes the way of every other one, through the broker's checks to the active controller, and no fault that a test has in place is in its way.
 * `gone` is told how to end it: the node dies.
 */
export function askInProcess<N extends ApiName>(
  accept: (connection: PortConnection) => void,
  { api, apiVersion, request }: InProcessRequest<N>,
  gone: (fail: (reason: string) => void) => () => void,
): Promise<ApiMessages[N]["response"]> {
  return new Promise((resolve, reject) => {
    const codec = apis[api];
    const decoder = new FrameDecoder(MAX_ANSWER);
    let closed: () => void = () => undefined;
    const stay = gone((reason) => reject(new Error(reason)));
    const settle = (frame: Uint8Array): void => {
      stay();
      const reader = new Reader(frame);
      decodeResponseHeader(reader, codec, apiVersion);
      resolve(codec.decodeResponse(reader, apiVersion) as ApiMessages[N]["response"]);
      hostTimers.setImmediate(() => closed());
    };
    const end = (): void => {
      stay();
      reject(new Error("the broker closed the connection"));
    };
    accept({
      remote: "127.0.0.1:0",
      attach: (handler) => {
        closed = () => handler.closed("end");
        const frame = encodeRequestFrame(codec, { apiVersion, correlationId: 1, clientId: CLIENT_ID }, request);
        hostTimers.setImmediate(() => {
          for (const part of frame) if (part instanceof Uint8Array) handler.received(part);
        });
      },
      write: (chunks) => {
        for (const chunk of chunks) for (const frame of decoder.push(chunk.slice()).frames) settle(frame);
        return true;
      },
      setReading: () => undefined,
      admit: () => undefined,
      end,
      reset: end,
    });
  });
}
