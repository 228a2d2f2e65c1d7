import type { Now } from "@samsa/stdx";
import { micros } from "@samsa/stdx";
import type { ConnectionId, Effect, Input, Machine } from "@samsa/world";
import { Outbox, Shell } from "@samsa/world";
import { SimulatedWorld } from "../src/world/index.ts";

/** Delivered messages per second of processor time (a busy machine does not count), for nodes that do nothing but answer each other: the cost of world and shell. */
const MESSAGES = 3_000_000;
const SIZES = [16, 200, 4096];
const PAIRS = 8;
const PORT = 9092;

/** Answers everything with as many bytes; the one that dials says the first word. */
class PingPong implements Machine {
  private readonly outbox = new Outbox();
  private readonly dials: string | undefined;
  private readonly bytes: Uint8Array;

  constructor(dials: string | undefined, size: number) {
    this.dials = dials;
    this.bytes = new Uint8Array(size).fill(7);
  }

  step(input: Input, now: Now): void {
    switch (input.type) {
      case "started":
        if (this.dials === undefined) this.outbox.request({ type: "listen", listener: "bench", transport: "stream", host: "0.0.0.0", port: PORT }, this);
        else this.outbox.request({ type: "dial", transport: "stream", host: this.dials, port: PORT }, this);
        return;
      case "listening":
      case "dialled":
      case "failed":
        return this.outbox.complete(input, now);
      case "received":
        return this.send(input.connection);
      default:
        return;
    }
  }

  complete(completion: Input): void {
    if (completion.type === "dialled") this.send(completion.connection);
    if (completion.type === "failed") throw new Error(completion.error.detail);
  }

  drain(now: Now): readonly Effect[] {
    this.outbox.emit({ type: "deadline", at: micros(now.monotonicUs + 500_000) });
    return this.outbox.drain();
  }

  private send(connection: ConnectionId): void {
    this.outbox.emit({ type: "send", connection, parts: [this.bytes] });
  }
}

function run(size: number): void {
  const world = new SimulatedWorld({ seed: 1 });
  for (let pair = 0; pair < PAIRS; pair++) {
    for (const [node, dials] of [
      [2 * pair, undefined],
      [2 * pair + 1, `node-${2 * pair}`],
    ] as const) {
      world.addHost(node, { host: `node-${node}` });
      new Shell({ ports: world.ports(node), node, machine: new PingPong(dials, size) }).start();
      world.runFor(100);
    }
  }
  const start = process.cpuUsage();
  world.runWhile(() => world.network.counters.deliveredMessages < MESSAGES, Number.MAX_SAFE_INTEGER);
  const { user, system } = process.cpuUsage(start);
  const seconds = (user + system) / 1e6;
  const { deliveredMessages, events } = world.counters;
  const rate = Math.round(deliveredMessages / seconds / 1000);
  console.log(
    `${size} B: ${rate} k messages/s, ${Math.round(events / seconds / 1000)} k events/s, ${Math.round(world.nowUs / 1e6 / seconds)} simulated s/s, hash ${world.hash}`,
  );
}

for (const size of SIZES) run(size);
