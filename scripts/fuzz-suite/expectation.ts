import { type AnyApi, apis, DecodeError, decodeRequestHeader, decodeResponseHeader, Reader, responseHeaderVersion } from "@samsa/protocol";
import type { Values } from "./message-writer.ts";

/** A request as a decoder of Kafka's understands it. */
export interface ReadRequest {
  readonly api: AnyApi;
  readonly apiVersion: number;
  readonly correlationId: number;
  readonly request: Values;
}

/** What a server is to do with a stream of bytes: requests to be answered in order, and how it ends. */
export interface Expectation {
  readonly requests: readonly ReadRequest[];
  /** `closed`: something in it can't be read. `open`: it is between two frames. `waiting`: a frame is not whole. */
  readonly end: "closed" | "open" | "waiting";
}

export type Advertised = ReadonlyMap<number, { readonly minVersion: number; readonly maxVersion: number }>;

const FRAME_LIMIT = 104_857_600;
const UNKNOWN_API_VERSIONS = { ...apis.ApiVersions };

/** Cuts the stream by itself: the server's own decoder of frames is among what is tested. */
export function expectationOf(stream: Uint8Array, advertised: Advertised): Expectation {
  const requests: ReadRequest[] = [];
  const view = new DataView(stream.buffer, stream.byteOffset, stream.length);
  let at = 0;
  while (stream.length - at >= 4) {
    const size = view.getInt32(at);
    if (size < 0 || size > FRAME_LIMIT) return { requests, end: "closed" };
    if (at + 4 + size > stream.length) return { requests, end: "waiting" };
    const request = readRequest(stream.slice(at + 4, at + 4 + size), advertised);
    if (request === undefined) return { requests, end: "closed" };
    requests.push(request);
    at += 4 + size;
  }
  return { requests, end: at === stream.length ? "open" : "waiting" };
}

function readRequest(frame: Uint8Array, advertised: Advertised): ReadRequest | undefined {
  try {
    const { api, apiVersion, correlationId, bodyReader } = decodeRequestHeader(frame);
    const range = api === undefined ? undefined : advertised.get(api.key);
    if (api === undefined || range === undefined) return undefined;
    const isSupported = apiVersion >= Math.max(range.minVersion, api.minVersion) && apiVersion <= range.maxVersion;
    // ApiVersions of a version that nobody knows is answered in version 0 (KIP-511).
    if (!isSupported) return api.key === apis.ApiVersions.key ? { api: UNKNOWN_API_VERSIONS, apiVersion: 0, correlationId, request: {} } : undefined;
    return { api, apiVersion, correlationId, request: api.decodeRequest(bodyReader, apiVersion) as unknown as Values };
  } catch (error) {
    if (error instanceof DecodeError) return undefined;
    throw error;
  }
}

/** An answer as its client reads it; what is wrong with it as text. */
export function readAnswer({ api, apiVersion, correlationId }: ReadRequest, frame: Uint8Array): Values | string {
  try {
    const reader = new Reader(frame);
    const answered = decodeResponseHeader(reader, api, apiVersion);
    if (answered !== correlationId) return `correlation id ${answered} in the place of ${correlationId}`;
    const answer = api.decodeResponse(reader, apiVersion) as unknown as Values;
    return reader.remaining === 0 ? answer : `${reader.remaining} bytes behind the answer (header version ${responseHeaderVersion(api, apiVersion)})`;
  } catch (error) {
    if (error instanceof DecodeError) return `an answer that can't be read: ${error.message}`;
    throw error;
  }
}

/** Produce with acks=0 has no answer. */
export const isSilent = ({ api, request }: ReadRequest): boolean => api.key === apis.Produce.key && request["acks"] === 0;

const WAITING_FIELDS = ["maxWaitMs", "timeoutMs"];
/** These wait for other members, as long as any of them allows. */
const WAIT_FOR_MEMBERS: ReadonlySet<number> = new Set([apis.JoinGroup.key, apis.SyncGroup.key]);
const MEMBERS_WAIT_MS = 3_600_000;

/** The longest that the client allowed the server to wait. */
export const patienceMs = ({ api, request }: ReadRequest): number =>
  Math.max(WAIT_FOR_MEMBERS.has(api.key) ? MEMBERS_WAIT_MS : 0, ...WAITING_FIELDS.map((field) => request[field]).filter((value) => typeof value === "number"));
