import type { FrameError } from "@samsa/protocol";

/** Why a stream of frames can't be read on, for the log. */
export function describeFrameError({ code, size, limit, looksLike }: FrameError): string {
  const what = code === "NEGATIVE_SIZE" ? `a frame of ${size} bytes was announced` : `a frame of ${size} bytes was announced, more than the limit of ${limit}`;
  return looksLike === undefined ? what : `${what}; it looks like ${looksLike}`;
}
