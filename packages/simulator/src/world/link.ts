import type { Prng } from "@samsa/stdx";
import { invariant } from "@samsa/stdx";
import { drawExponential } from "./latency.ts";
import type { NetworkOptions } from "./options.ts";

/** Latency between two processes of one host, and to oneself. */
const LOOPBACK_MEAN_US = 20;

/** Something that stood still on a link that was cut. */
export interface Traffic {
  resume(): void;
}

/** What the network knows of a host. */
export interface Place {
  readonly node: number;
  /** Added to the latency of everything from and to this host. */
  slowByUs: number;
}

/** The way from one host to another; the way back is another link. Each has its own random stream. */
export class Link {
  readonly stream: Prng;
  readonly traffic = new Set<Traffic>();
  private readonly from: Place;
  private readonly to: Place;
  private readonly minUs: number;
  private readonly meanUs: number;
  private cuts = 0;

  constructor(from: Place, to: Place, options: NetworkOptions, stream: Prng) {
    this.from = from;
    this.to = to;
    this.stream = stream;
    const slow = options.slowLink;
    const factor = slow?.from === from.node && slow.to === to.node ? slow.factor : 1;
    const isLoopback = from === to;
    this.minUs = isLoopback ? 1 : options.latencyMinUs * factor;
    this.meanUs = isLoopback ? LOOPBACK_MEAN_US : options.latencyMeanUs * factor;
  }

  get isCut(): boolean {
    return this.cuts > 0;
  }

  drawLatencyUs(): number {
    return this.minUs + drawExponential(this.stream, this.meanUs) + this.from.slowByUs + this.to.slowByUs;
  }

  /** Cuts count: two partitions that overlap end with the later. */
  cut(): void {
    this.cuts++;
  }

  mend(): void {
    invariant(this.cuts > 0, "a link is mended as often as it was cut", { from: this.from.node, to: this.to.node });
    this.cuts--;
    if (this.cuts === 0) for (const traffic of this.traffic) traffic.resume();
  }
}
