import type { StashMatch } from "@samsa/world";

/** Finds a byte that a checksum covers; undefined if the bytes have none. */
export type CoveredByte = (bytes: Uint8Array) => number | undefined;

interface Order {
  readonly message: StashMatch;
  remaining: number;
}

/** Damages messages under way: one byte of each, where a checksum is there to tell. */
export class Corruption {
  private readonly orders: Order[] = [];
  coveredByte: CoveredByte | undefined;

  get isWanted(): boolean {
    return this.orders.length > 0;
  }

  order({ message, count }: { readonly message: StashMatch; readonly count: number }): void {
    this.orders.push({ message, remaining: count });
  }

  /** The heal: nothing more is damaged. */
  clear(): void {
    this.orders.length = 0;
  }

  /** `bytes` are the network's own copy. */
  damage(bytes: Uint8Array, message: StashMatch | undefined): void {
    const order = this.orders.find((one) => one.message === message);
    const at = order === undefined ? undefined : this.coveredByte?.(bytes);
    if (order === undefined || at === undefined) return;
    bytes[at] = (bytes[at] ?? 0) ^ 0x20;
    order.remaining--;
    if (order.remaining <= 0) this.orders.splice(this.orders.indexOf(order), 1);
  }
}
