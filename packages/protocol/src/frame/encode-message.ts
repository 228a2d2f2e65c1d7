import type { ApiCodec } from "../api-codec.ts";
import type { ApiInputs, ApiName } from "../generated/api-types.ts";
import { encodeRequestHeader, encodeResponseHeader, type RequestHeaderInput } from "../headers.ts";
import type { AnyApi } from "../apis.ts";
import type { RecordsPart } from "../wire/records-part.ts";
import { Writer } from "../wire/writer.ts";

/** A whole request as it goes on the wire: size, header, body. */
export function encodeRequestFrame<N extends ApiName>(api: ApiCodec<N>, header: RequestHeaderInput, request: ApiInputs[N]["request"]): RecordsPart[] {
  const writer = new Writer();
  writer.beginFrame();
  encodeRequestHeader(writer, api as AnyApi, header);
  api.encodeRequest(writer, request, header.apiVersion);
  return writer.finishFrame();
}

export interface ResponseHeaderInput {
  /** Of the request, which the response shares. */
  readonly apiVersion: number;
  readonly correlationId: number;
}

/** A whole response as it goes on the wire: size, header, body. */
export function encodeResponseFrame<N extends ApiName>(api: ApiCodec<N>, header: ResponseHeaderInput, response: ApiInputs[N]["response"]): RecordsPart[] {
  const writer = new Writer();
  writer.beginFrame();
  encodeResponseHeader(writer, api as AnyApi, header.apiVersion, header.correlationId);
  api.encodeResponse(writer, response, header.apiVersion);
  return writer.finishFrame();
}
