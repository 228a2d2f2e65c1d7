/**
 * A piece of an encoded message: bytes in memory, or a stand-in for bytes that are elsewhere (a slice of a file), of
 * which the encoder only needs the length.
 */
export type RecordsPart = Uint8Array | { readonly length: number };

/** What an encoder takes for a field of records: a list is written as if its parts were one piece. */
export type RecordsInput = readonly RecordsPart[] | Uint8Array | null;

/** What a decoder gives for a field of records: a view of the frame, not a copy. */
export type Records = Uint8Array | null;

/** A tagged field that this version of the protocol does not know. Kept, so that encoding again gives the same bytes. */
export interface UnknownTaggedField {
  readonly tag: number;
  readonly data: Uint8Array;
}
