import type { MetadataRecord } from "@samsa/metadata";
import type { BrokerEpoch, NodeId } from "@samsa/stdx";

interface Shutdown {
  readonly brokerEpoch: BrokerEpoch;
  /** Index of the entry that took it out of everything; undefined until that is committed. */
  fencedAt: number | undefined;
}

/**
 * Brokers that are on their way out, in the epoch in which they said so; one entry per broker id at most.
 *
 *     wants to go ──fenced in one batch with all that it is in, committed──▶ others apply that entry ──▶ may end
 *
 * It waits for the others because its leaderships have moved when those who lead now know of it: ended before, clients would look for leaders
 * where nobody takes them in.
 */
export class ControlledShutdowns {
  private readonly shutdowns = new Map<NodeId, Shutdown>();

  has(brokerId: NodeId, brokerEpoch: BrokerEpoch): boolean {
    return this.shutdowns.get(brokerId)?.brokerEpoch === brokerEpoch;
  }

  /** `fencedAt`: where it is fenced already, by an entry that may be any up to this index. */
  begin(brokerId: NodeId, brokerEpoch: BrokerEpoch, fencedAt: number | undefined): void {
    if (!this.has(brokerId, brokerEpoch)) this.shutdowns.set(brokerId, { brokerEpoch, fencedAt });
  }

  committed(records: readonly MetadataRecord[], index: number): void {
    if (this.shutdowns.size === 0) return;
    for (const record of records) {
      const shutdown = record.type === "fence-broker" ? this.shutdowns.get(record.brokerId) : undefined;
      if (shutdown !== undefined && record.type === "fence-broker" && shutdown.brokerEpoch === record.brokerEpoch) shutdown.fencedAt = index;
    }
  }

  /** `othersApplied`: the index that every other unfenced broker has applied; undefined where there is none. */
  mayEnd(brokerId: NodeId, othersApplied: number | undefined): boolean {
    const fencedAt = this.shutdowns.get(brokerId)?.fencedAt;
    return fencedAt !== undefined && (othersApplied === undefined || othersApplied >= fencedAt);
  }

  clear(): void {
    this.shutdowns.clear();
  }
}
