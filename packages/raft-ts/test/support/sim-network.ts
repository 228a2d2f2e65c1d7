import type { EventQueue } from "./event-queue.ts";
import type { Random } from "./random.ts";

interface Connection {
  /** Messages of an earlier one never arrive. */
  generation: number;
  isCut: boolean;
  /** FIFO each way: nothing arrives before what was sent before it. From the lower id, and from the higher one. */
  readonly lastArrivalsUs: [number, number];
}

/** One FIFO connection between each two nodes, which can break, be cut, or be slow. */
export class SimNetwork {
  latencyMaxUs: number;
  private readonly queue: EventQueue;
  private readonly random: Random;
  private readonly connections = new Map<number, Connection>();

  constructor(queue: EventQueue, random: Random, latencyMaxUs: number) {
    this.queue = queue;
    this.random = random;
    this.latencyMaxUs = latencyMaxUs;
  }

  latency(): number {
    return this.random.between(200, this.latencyMaxUs);
  }

  isCut(a: number, b: number): boolean {
    return this.between(a, b).isCut;
  }

  generation(a: number, b: number): number {
    return this.between(a, b).generation;
  }

  /** What is in flight is lost. */
  break(a: number, b: number): void {
    const connection = this.between(a, b);
    connection.generation++;
    connection.lastArrivalsUs.fill(0);
  }

  cut(a: number, b: number): void {
    this.between(a, b).isCut = true;
    this.break(a, b);
  }

  /** Both can dial each other again. Returns whether they could not. */
  heal(a: number, b: number): boolean {
    const connection = this.between(a, b);
    const wasCut = connection.isCut;
    connection.isCut = false;
    return wasCut;
  }

  send(from: number, to: number, arrive: () => void): void {
    const connection = this.between(from, to);
    if (connection.isCut) return;
    const way = from < to ? 0 : 1;
    const atUs = Math.max(this.queue.nowUs + this.latency(), connection.lastArrivalsUs[way]);
    connection.lastArrivalsUs[way] = atUs;
    const { generation } = connection;
    this.queue.at(atUs, () => {
      if (connection.generation === generation) arrive();
    });
  }

  private between(a: number, b: number): Connection {
    const key = a < b ? a * 1000 + b : b * 1000 + a;
    let connection = this.connections.get(key);
    if (connection === undefined) this.connections.set(key, (connection = { generation: 0, isCut: false, lastArrivalsUs: [0, 0] }));
    return connection;
  }
}
