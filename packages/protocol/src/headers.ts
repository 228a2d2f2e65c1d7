import { apiOf, type AnyApi, requestHeaderVersion, responseHeaderVersion } from "./apis.ts";
import {
  decodeRequestHeader as decodeHeaderFields,
  decodeResponseHeader as decodeResponseFields,
  encodeRequestHeader as encodeHeaderFields,
  encodeResponseHeader as encodeResponseFields,
} from "./generated/headers.ts";
import { Reader } from "./wire/reader.ts";
import type { Writer } from "./wire/writer.ts";

export interface DecodedRequestHeader {
  readonly apiKey: number;
  readonly apiVersion: number;
  readonly correlationId: number;
  readonly clientId: string | null;
  /** Undefined for a key that this package does not describe: the connection is to be closed. */
  readonly api: AnyApi | undefined;
  /** At the first byte behind the header. */
  readonly bodyReader: Reader;
}

/**
 * Reads the header of a request. It does not say whether the version is supported: ApiVersions must be answered in any
 * version. The header of an unknown key is read in version 1, of which version 2 is an extension.
 */
export function decodeRequestHeader(frame: Uint8Array): DecodedRequestHeader {
  const peek = new Reader(frame);
  const api = apiOf(peek.int16());
  const headerVersion = api === undefined ? 1 : requestHeaderVersion(api, peek.int16());
  const bodyReader = new Reader(frame);
  const header = decodeHeaderFields(bodyReader, headerVersion);
  return {
    apiKey: header.requestApiKey,
    apiVersion: header.requestApiVersion,
    correlationId: header.correlationId,
    clientId: header.clientId,
    api,
    bodyReader,
  };
}

export interface RequestHeaderInput {
  readonly apiVersion: number;
  readonly correlationId: number;
  readonly clientId: string | null;
}

export function encodeRequestHeader(writer: Writer, api: AnyApi, header: RequestHeaderInput): void {
  const { apiVersion, correlationId, clientId } = header;
  encodeHeaderFields(writer, { requestApiKey: api.key, requestApiVersion: apiVersion, correlationId, clientId }, requestHeaderVersion(api, apiVersion));
}

export function encodeResponseHeader(writer: Writer, api: AnyApi, apiVersion: number, correlationId: number): void {
  encodeResponseFields(writer, { correlationId }, responseHeaderVersion(api, apiVersion));
}

/** What every response begins with, in all header versions: enough to find out which request it answers. */
export const correlationIdOf = (frame: Uint8Array): number => new Reader(frame).int32();

/** The correlation id; the reader stands behind the header then. */
export function decodeResponseHeader(reader: Reader, api: AnyApi, apiVersion: number): number {
  return decodeResponseFields(reader, responseHeaderVersion(api, apiVersion)).correlationId;
}
