import { afterMs, type BrokerEpoch, type Micros, type NodeId, type Now } from "@samsa/stdx";

interface Session {
  readonly brokerEpoch: BrokerEpoch;
  /** How far it has said that it has applied the metadata. */
  readonly appliedIndex: number;
  readonly expiresAt: Micros;
}

/** When each unfenced broker must have been heard of. Not replicated: a new active controller gives everybody a full session. */
export class BrokerSessions {
  private readonly timeoutMs: number;
  private readonly sessions = new Map<NodeId, Session>();

  constructor(timeoutMs: number) {
    this.timeoutMs = timeoutMs;
  }

  get nextExpiry(): Micros | undefined {
    let earliest: Micros | undefined;
    for (const { expiresAt } of this.sessions.values()) if (earliest === undefined || expiresAt < earliest) earliest = expiresAt;
    return earliest;
  }

  renew({ brokerId, brokerEpoch, appliedIndex }: { readonly brokerId: NodeId } & Pick<Session, "brokerEpoch" | "appliedIndex">, now: Now): void {
    this.sessions.set(brokerId, { brokerEpoch, appliedIndex, expiresAt: afterMs(now, this.timeoutMs) });
  }

  /** What all but one have applied; undefined where there are no others. */
  appliedByOthers(brokerId: NodeId): number | undefined {
    let lowest: number | undefined;
    for (const [id, { appliedIndex }] of this.sessions) if (id !== brokerId && (lowest === undefined || appliedIndex < lowest)) lowest = appliedIndex;
    return lowest;
  }

  end(brokerId: NodeId): void {
    this.sessions.delete(brokerId);
  }

  clear(): void {
    this.sessions.clear();
  }

  /**
   * Takes out whoever's time is up. A controller that looks at its clock half a session late was stopped itself: heartbeats may lie
   * unread behind this very turn, so that silence proves nothing, and everybody gets a new session.
   */
  takeExpired(now: Now): readonly NodeId[] {
    const next = this.nextExpiry;
    if (next === undefined || next > now.monotonicUs) return [];
    if (now.monotonicUs - next > this.timeoutMs * 500) {
      for (const [brokerId, session] of this.sessions) this.renew({ brokerId, ...session }, now);
      return [];
    }
    const expired = [...this.sessions].filter(([, session]) => session.expiresAt <= now.monotonicUs).map(([id]) => id);
    for (const id of expired) this.sessions.delete(id);
    return expired;
  }
}
