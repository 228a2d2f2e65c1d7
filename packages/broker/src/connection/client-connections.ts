import { type Micros, micros, type Now } from "@samsa/stdx";
import type { KafkaConnection } from "./kafka-connection.ts";

export interface ConnectionLimits {
  /** max.connections, of all listeners together. */
  readonly maxConnections: number;
  /** max.connections.per.ip, and the addresses that have a number of their own. */
  readonly maxConnectionsPerIp: number;
  readonly maxConnectionsPerIpOverrides: ReadonlyMap<string, number>;
  /** connections.max.idle.ms; a negative number is no limit, as in Kafka. */
  readonly connectionsMaxIdleMs: number;
  /** Brokers come by it: one of other listeners makes room for it. */
  readonly interBrokerListener: string;
}

interface Entry {
  readonly connection: KafkaConnection;
  readonly listener: string;
  readonly address: string;
  activeAt: Micros;
}

/** The connections that were accepted, how many there may be, and for how long in silence. The longest silent is first. */
export class ClientConnections {
  private limits: ConnectionLimits;
  private readonly entries = new Map<number, Entry>();
  private readonly countByAddress = new Map<string, number>();

  constructor(limits: ConnectionLimits) {
    this.limits = limits;
  }

  /** From here on. As with Kafka, connections that there are already stay. */
  relimit(limits: ConnectionLimits): void {
    this.limits = limits;
  }

  get all(): readonly KafkaConnection[] {
    return [...this.entries.values()].map(({ connection }) => connection);
  }

  get nextDeadlineUs(): Micros | undefined {
    const [first] = this.entries.values();
    return first === undefined || this.limits.connectionsMaxIdleMs < 0 ? undefined : this.idleAt(first);
  }

  /** Why there is no place for it; undefined where there is one, which it has then. `remote` is `host:port`. */
  admit(
    id: number,
    { connection, listener, remote }: { readonly connection: KafkaConnection; readonly listener: string; readonly remote: string },
    now: Now,
  ): string | undefined {
    const address = remote.slice(0, Math.max(0, remote.lastIndexOf(":")));
    const { maxConnections, maxConnectionsPerIp, maxConnectionsPerIpOverrides, interBrokerListener } = this.limits;
    const ofAddress = this.countByAddress.get(address) ?? 0;
    if (ofAddress >= (maxConnectionsPerIpOverrides.get(address) ?? maxConnectionsPerIp)) return `there are ${ofAddress} connections from ${address} already`;
    if (this.entries.size >= maxConnections && !(listener === interBrokerListener && this.makeRoom()))
      return `there are ${this.entries.size} connections already`;
    this.entries.set(id, { connection, listener, address, activeAt: now.monotonicUs });
    this.countByAddress.set(address, ofAddress + 1);
    return undefined;
  }

  active(id: number, now: Now): void {
    const entry = this.entries.get(id);
    if (entry === undefined) return;
    entry.activeAt = now.monotonicUs;
    this.entries.delete(id);
    this.entries.set(id, entry);
  }

  leaves(id: number): void {
    const entry = this.entries.get(id);
    if (entry === undefined) return;
    this.entries.delete(id);
    const left = (this.countByAddress.get(entry.address) ?? 1) - 1;
    if (left === 0) this.countByAddress.delete(entry.address);
    else this.countByAddress.set(entry.address, left);
  }

  /** Once a turn: ends those that were silent for too long. Whoever waits for an answer of ours is not silent. */
  endTurn(now: Now): void {
    if (this.limits.connectionsMaxIdleMs < 0) return;
    for (const [id, entry] of this.entries) {
      if (this.idleAt(entry) > now.monotonicUs) return;
      if (entry.connection.isOwedAnswer) this.active(id, now);
      else {
        this.leaves(id);
        entry.connection.disconnect(`nothing has come or gone for ${this.limits.connectionsMaxIdleMs} ms`, "reset");
      }
    }
  }

  private idleAt({ activeAt }: Entry): Micros {
    return micros(activeAt + this.limits.connectionsMaxIdleMs * 1000);
  }

  /** As Kafka: the longest silent of another listener goes. */
  private makeRoom(): boolean {
    for (const [id, { listener, connection }] of this.entries) {
      if (listener === this.limits.interBrokerListener) continue;
      this.leaves(id);
      connection.disconnect("a broker needs its place: max.connections is reached", "reset");
      return true;
    }
    return false;
  }
}
