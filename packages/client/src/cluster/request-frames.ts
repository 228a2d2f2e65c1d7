import type { AnyApi, ApiCodec, ApiMessages, ApiName, RecordsPart } from "@samsa/protocol";
import { decodeResponseHeader, encodeRequestFrame, Reader } from "@samsa/protocol";
import { invariant } from "@samsa/stdx";
import type { Call } from "./call.ts";

/** ApiVersions at a version that the broker does not know is answered with this error, in version 0 (KIP-511). */
export const UNSUPPORTED_VERSION = 35;

export interface RequestOptions {
  readonly version: number;
  readonly correlationId: number;
  readonly clientId: string;
}

/** The whole frame; a client has all of it in memory. */
export function encodeRequest<N extends ApiName>(call: Call<N>, { version, correlationId, clientId }: RequestOptions): readonly Uint8Array[] {
  return encodeRequestFrame(call.api, { apiVersion: version, correlationId, clientId }, call.request(version)).map(bytesOf);
}

/** Throws whatever the codec throws: the bytes are a stranger's. */
export function decodeResponse<N extends ApiName>(
  frame: Uint8Array,
  api: ApiCodec<N>,
  version: number,
): { readonly correlationId: number; readonly response: ApiMessages[N]["response"] } {
  const reader = new Reader(frame);
  const correlationId = decodeResponseHeader(reader, api as AnyApi, version);
  const isOlder = api.name === "ApiVersions" && new Reader(frame, reader.position).int16() === UNSUPPORTED_VERSION;
  return { correlationId, response: api.decodeResponse(reader, isOlder ? 0 : version) };
}

function bytesOf(part: RecordsPart): Uint8Array {
  invariant(part instanceof Uint8Array, "a client's request is bytes in memory");
  return part;
}
