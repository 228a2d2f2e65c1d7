import { EncodeError } from "../wire/errors.ts";

const zigzag = (value: number): number => (value >= 0 ? 2 * value : -2 * value - 1);

/** Checks the value as well. Arithmetic instead of shifts: the delta of two timestamps may need more than 32 bits. Also right for a varint. */
export function varlongSize(value: number): number {
  const raw = zigzag(value);
  if (!Number.isSafeInteger(raw)) throw new EncodeError(`${value} is no varlong`);
  let size = 1;
  for (let rest = raw; rest >= 0x80; rest = Math.floor(rest / 0x80)) size++;
  return size;
}

/** Returns where it ends. */
export function putVarlong(bytes: Uint8Array, start: number, value: number): number {
  let at = start;
  let rest = zigzag(value);
  for (; rest >= 0x80; rest = Math.floor(rest / 0x80)) bytes[at++] = (rest % 0x80) | 0x80;
  bytes[at++] = rest;
  return at;
}
