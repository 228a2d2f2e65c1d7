import type { BrokerRegistration } from "@samsa/metadata";
import { afterMs, type BrokerEpoch, type Micros, micros, type NodeId, type Now } from "@samsa/stdx";
import type { ProbeOutcome } from "./api.ts";

interface Probe {
  readonly brokerEpoch: BrokerEpoch;
  /** Another hint came while the dial was under way: its outcome may be older than the hint. */
  isStale: boolean;
}

/** What to do after a probe. */
export type Verdict = { readonly type: "fence"; readonly brokerEpoch: BrokerEpoch } | { readonly type: "probe-again" } | { readonly type: "wait" };

/**
 * From "its connection closed" to "its process is gone". A closed connection is a hint; the dial that follows decides:
 *
 * | outcome | meaning | what follows |
 * |---|---|---|
 * | `refused` | nobody listens where the broker did | fence, one broker per interval |
 * | `replaced` | another incarnation answers there | fence at once: it is not a mistake about the network |
 * | `alive`, `silent` | proves nothing | its session decides |
 *
 * One probe and one refusal at most per broker id. Probes outlive a leadership: each is answered once, and an answer must not
 * be taken for that of a later probe.
 */
export class DeathHints {
  private readonly intervalMs: number;
  private readonly probes = new Map<NodeId, Probe>();
  /** Refused, and not fenced yet for the interval's sake. */
  private readonly refused = new Map<NodeId, BrokerEpoch>();
  private nextFencingAt: Micros = micros(0);

  constructor(intervalMs: number) {
    this.intervalMs = intervalMs;
  }

  /** When the next refused broker may be fenced. */
  get nextDeadline(): Micros | undefined {
    return this.refused.size === 0 ? undefined : this.nextFencingAt;
  }

  /** True where a dial is to be made now. */
  suspect(broker: BrokerRegistration): boolean {
    const running = this.probes.get(broker.brokerId);
    if (running !== undefined) {
      running.isStale = true;
      return false;
    }
    this.probes.set(broker.brokerId, { brokerEpoch: broker.brokerEpoch, isStale: false });
    return true;
  }

  /** The dial's outcome; `current` is the broker's registration now, if it is unfenced. */
  probed(current: BrokerRegistration | undefined, brokerId: NodeId, outcome: ProbeOutcome): Verdict {
    const probe = this.probes.get(brokerId);
    this.probes.delete(brokerId);
    if (probe === undefined || current === undefined) return { type: "wait" };
    const isOfThisIncarnation = probe.brokerEpoch === current.brokerEpoch;
    if (isOfThisIncarnation && outcome === "replaced") return { type: "fence", brokerEpoch: current.brokerEpoch };
    if (isOfThisIncarnation && outcome === "refused") this.refused.set(brokerId, current.brokerEpoch);
    else if (probe.isStale) return { type: "probe-again" };
    return { type: "wait" };
  }

  /** It has been heard of since: the refusal was of another moment. */
  heardOf(brokerId: NodeId): void {
    this.refused.delete(brokerId);
  }

  /** The one refused broker that may be fenced now. */
  takeRefused(now: Now): { readonly brokerId: NodeId; readonly brokerEpoch: BrokerEpoch } | undefined {
    const first = this.refused.entries().next().value;
    if (first === undefined || now.monotonicUs < this.nextFencingAt) return undefined;
    const [brokerId, brokerEpoch] = first;
    this.refused.delete(brokerId);
    this.nextFencingAt = afterMs(now, this.intervalMs);
    return { brokerId, brokerEpoch };
  }

  /** Leadership is over: what was refused is for the next controller to find out. */
  forgetRefused(): void {
    this.refused.clear();
  }
}
