import type { Entry, Snapshot } from "../../src/index.ts";

/** FNV-1a. */
export function hashOf(bytes: Uint8Array, start = 0x811c_9dc5): number {
  let hash = start;
  for (let i = 0; i < bytes.length; i++) hash = Math.imul(hash ^ (bytes[i] ?? 0), 0x0100_0193);
  return hash >>> 0;
}

/** The state after one more entry: as different as any two histories are. */
export function hashAfter(hash: number, entry: Entry): number {
  return hashOf(entry.payload, Math.imul(hash ^ entry.term, 0x0100_0193) ^ entry.index);
}

const STATE_BYTES = 12;

/** A state machine whose whole state is a hash of what it applied. Its snapshots are longer than they need be, so that they travel in pieces. */
export class Application {
  index = 0;
  hash = 0;

  apply(entry: Entry): void {
    this.index = entry.index;
    this.hash = hashAfter(this.hash, entry);
  }

  restore({ data }: Snapshot): void {
    const state = readState(data);
    this.index = state.index;
    this.hash = state.hash;
  }

  write(): Uint8Array {
    const data = new Uint8Array(STATE_BYTES + (this.hash % 300));
    const view = new DataView(data.buffer);
    view.setBigUint64(0, BigInt(this.index));
    view.setUint32(8, this.hash);
    for (let i = STATE_BYTES; i < data.length; i++) data[i] = (this.hash >>> (i % 24)) & 0xff;
    return data;
  }
}

export function readState(data: Uint8Array): { readonly index: number; readonly hash: number } {
  const view = new DataView(data.buffer, data.byteOffset, data.length);
  return { index: Number(view.getBigUint64(0)), hash: view.getUint32(8) };
}
