/** Less than the smallest record batch: so many bytes of the last one are gone. */
const CUT_BYTES = 40;
/** What lies where the batch went on: neither zeros nor a batch. */
const GARBAGE = new Uint8Array(24).fill(0xa5);

/** Where a segment of so many bytes ends when it is torn, and with what. Throws `RangeError` where there is no batch to tear. */
export function tornTail(sizeBytes: number): { readonly position: number; readonly bytes: Uint8Array } {
  if (sizeBytes <= CUT_BYTES) throw new RangeError("there is no batch in the active segment that could be torn");
  return { position: sizeBytes - CUT_BYTES, bytes: GARBAGE };
}

/** The name of the newest segment among the files of a partition's directory. */
export function activeSegment(names: Iterable<string>): string {
  const segments = [...names].filter((name) => name.endsWith(".log")).sort();
  const last = segments.at(-1);
  if (last === undefined) throw new RangeError("there is no segment");
  return last;
}
