import type { Prng } from "@samsa/stdx";

/**
 * About exponentially distributed with this mean, at most 22 times the mean. −log2 of a uniform number is the count of
 * its leading zeros plus, nearly, what is missing from the bits behind them: no logarithm, which engines round differently.
 */
export function drawExponential(stream: Prng, mean: number): number {
  const bits = stream.nextU32();
  const halvings = Math.clz32(bits);
  const behind = halvings >= 31 ? 0 : (bits << (halvings + 1)) >>> 16;
  // (1 + 1/2) · 2^16 is the mean of the sum in 16-bit fixed point.
  return Math.floor((mean * (halvings * 65_536 + 65_535 - behind)) / 98_304);
}
