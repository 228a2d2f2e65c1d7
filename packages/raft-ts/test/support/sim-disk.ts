import type { Random } from "./random.ts";

/** A file with a page cache: a crash keeps what was written, a power loss keeps what was synced and damages the rest. */
export class SimDisk {
  private bytes = new Uint8Array(0);
  private syncedBytes = 0;

  append(frame: Uint8Array): void {
    const grown = new Uint8Array(this.bytes.length + frame.length);
    grown.set(this.bytes);
    grown.set(frame, this.bytes.length);
    this.bytes = grown;
  }

  sync(): void {
    this.syncedBytes = this.bytes.length;
  }

  read(): Uint8Array {
    return this.bytes.slice();
  }

  truncate(length: number): void {
    this.bytes = this.bytes.slice(0, length);
    this.syncedBytes = Math.min(this.syncedBytes, length);
  }

  /** Of the unsynced bytes any prefix may be left, followed by nothing, zeros or garbage. */
  losePower(random: Random): void {
    const unsynced = this.bytes.length - this.syncedBytes;
    const kept = random.pick([0, random.between(0, unsynced), unsynced]);
    const damaged = random.chance(0.5) ? unsynced - kept : 0;
    const isGarbage = random.chance(0.5);
    const rest = Uint8Array.from({ length: damaged }, () => (isGarbage ? random.u32() & 0xff : 0));
    const left = new Uint8Array(this.syncedBytes + kept + damaged);
    left.set(this.bytes.subarray(0, this.syncedBytes + kept));
    left.set(rest, this.syncedBytes + kept);
    this.bytes = left;
  }
}
