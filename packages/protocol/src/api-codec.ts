import type { API_KEYS, ApiInputs, ApiMessages, ApiName } from "./generated/api-types.ts";
import type { Reader } from "./wire/reader.ts";
import type { Writer } from "./wire/writer.ts";

/** One API: its number, its versions (both ends belong to the range) and its codecs. */
export interface ApiCodec<N extends ApiName> {
  readonly key: (typeof API_KEYS)[N];
  readonly name: N;
  readonly listeners: readonly ("broker" | "controller")[];
  readonly minVersion: number;
  readonly maxVersion: number;
  /** First version with compact lengths and tagged fields; infinite when there is none. */
  readonly flexibleFrom: number;
  /** False only for ApiVersions, whose response header never has tagged fields. */
  readonly hasFlexibleResponseHeader: boolean;
  decodeRequest(reader: Reader, version: number): ApiMessages[N]["request"];
  encodeRequest(writer: Writer, message: ApiInputs[N]["request"], version: number): void;
  decodeResponse(reader: Reader, version: number): ApiMessages[N]["response"];
  encodeResponse(writer: Writer, message: ApiInputs[N]["response"], version: number): void;
}
