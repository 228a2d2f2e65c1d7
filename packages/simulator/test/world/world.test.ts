import type { Now } from "@samsa/stdx";
import { afterMs } from "@samsa/stdx";
import type { Completion, ConnectionId, Effect, EffectId, FaultType, Input, Machine, TraceEvent } from "@samsa/world";
import { Outbox, Shell } from "@samsa/world";
import { describe, expect, it } from "vitest";
import type { ResolvedFault, SimulatedWorldInput } from "../../src/world/index.ts";
import { Faults, SIMULATED_SUPPORT, SimulatedWorld } from "../../src/world/index.ts";
import { connected, PORT } from "./fixture.ts";

const NODES = [1, 2, 3];
const TICK_MS = 20;

/** Every tick it appends and syncs a byte and sends one to its neighbour; it dials until it is connected. */
class Chatter implements Machine {
  readonly node: number;
  readonly received: string[] = [];
  private readonly outbox = new Outbox();
  private readonly writes: boolean;
  private connection: ConnectionId | undefined;
  private dial: EffectId | undefined;
  private position = 0;

  constructor(node: number, writes: boolean) {
    this.node = node;
    this.writes = writes;
  }

  step(input: Input, now: Now): void {
    switch (input.type) {
      case "started":
        this.outbox.request({ type: "listen", listener: "chat", transport: "stream", host: "0.0.0.0", port: PORT }, this);
        return this.tick(now);
      case "deadline":
        return this.tick(now);
      case "received":
        this.received.push(`${now.monotonicUs}: ${input.connection} ${[...input.bytes].join()}`);
        return;
      case "closed":
        if (input.connection === this.connection) this.connection = undefined;
        return;
      case "accepted":
      case "blocked":
      case "drained":
        return;
      case "stop":
        return this.outbox.emit({ type: "exit", code: 0, reason: "stopped" });
      default:
        return this.outbox.complete(input, now);
    }
  }

  complete(completion: Completion, now: Now): void {
    if (completion.id === this.dial) this.dial = undefined;
    if (completion.type === "dialled") this.connection = completion.connection;
    if (completion.type === "failed") this.outbox.trace({ kind: "note", text: `${now.monotonicUs} ${completion.error.code}` });
  }

  drain(): readonly Effect[] {
    return this.outbox.drain();
  }

  private tick(now: Now): void {
    if (this.connection === undefined) {
      this.dial ??= this.outbox.request({ type: "dial", transport: "stream", host: `node-${(this.node % NODES.length) + 1}`, port: PORT }, this);
    } else this.outbox.emit({ type: "send", connection: this.connection, parts: [Uint8Array.of(this.node, this.position & 255)] });
    if (this.writes) this.outbox.request({ type: "append", path: "log", position: this.position, buffers: [Uint8Array.of(1)] }, this);
    if (this.writes) this.outbox.request({ type: "sync", path: "log" }, this);
    this.position++;
    this.outbox.emit({ type: "deadline", at: afterMs(now, TICK_MS) });
  }
}

interface Run {
  readonly world: SimulatedWorld;
  readonly faults: Faults;
  readonly machines: Map<number, Chatter>;
  readonly trace: TraceEvent[];
  readonly starts: string[];
}

function begin(input: Partial<SimulatedWorldInput> & { writers?: readonly number[]; isTraced?: boolean } = {}): Run {
  const trace: TraceEvent[] = [];
  const starts: string[] = [];
  const machines = new Map<number, Chatter>();
  const shells = new Map<number, Shell>();
  const world = new SimulatedWorld({ seed: 1, ...(input.isTraced === false ? {} : { trace: (event) => trace.push(event) }), ...input });
  const start = (node: number): void => {
    const machine = new Chatter(node, (input.writers ?? NODES).includes(node));
    const ports = world.ports(node);
    const shell = new Shell({ ports, node, machine });
    machines.set(node, machine);
    shells.set(node, shell);
    starts.push(`${node} boot ${ports.bootId}`);
    shell.start();
  };
  for (const node of NODES) world.addHost(node, { host: `node-${node}` });
  for (const node of NODES) start(node);
  return { world, faults: new Faults(world, { start, requestStop: (node) => shells.get(node)?.requestStop() }), machines, trace, starts };
}

const FAULTS: readonly ResolvedFault[] = [
  { type: "crash", victim: 1, restartAfterMs: 300 },
  { type: "clock", victim: 2, wallMs: -5000, driftPpm: 50_000 },
  { type: "partition", from: [3], isOneWay: true, forMs: 700 },
  { type: "power-loss", victim: 2, restartAfterMs: 200 },
  { type: "reset", losesBytes: true },
  { type: "pause", victim: 1, forMs: 400 },
  { type: "slow-network", victim: 3, byMs: 5, forMs: 500 },
  { type: "disk-error", victim: 3, operation: "read", path: "log", error: "EIO", count: 1 },
  { type: "stop", victim: 3, restartAfterMs: 100 },
  { type: "disk-full", victim: 2, forMs: 200 },
  { type: "log-dir-failure", victim: 2, logDir: 1, forMs: 200 },
  { type: "slow-disk", victim: 1, byMs: 5, forMs: 300 },
];

function chaos(input: Parameters<typeof begin>[0], faults: readonly ResolvedFault[] = FAULTS): Run {
  const run = begin(input);
  for (const fault of faults) {
    run.world.runFor(400_000);
    run.faults.inject(fault);
  }
  run.world.runFor(500_000);
  run.faults.healAll();
  run.world.runFor(2_000_000);
  return run;
}

describe("a run", () => {
  it("is the same again from the same seed, event by event, and another from another seed", () => {
    const [first, second, other] = [chaos({ seed: 5 }), chaos({ seed: 5 }), chaos({ seed: 6 })];
    expect(second.world.hash).toBe(first.world.hash);
    expect(second.trace).toEqual(first.trace);
    expect(second.world.counters).toEqual(first.world.counters);
    expect([...second.machines.values()].map((machine) => machine.received)).toEqual([...first.machines.values()].map((machine) => machine.received));
    expect(first.world.counters.deliveredMessages).toBeGreaterThan(200);
    expect(other.world.hash).not.toBe(first.world.hash);
  });

  it("is the same whether anybody listens to the trace or not", () => {
    expect(chaos({ seed: 5, isTraced: false }).world.hash).toBe(chaos({ seed: 5 }).world.hash);
  });

  it("has another hash if one byte that was sent differs", () => {
    const hashes = [1, 2].map((byte) => {
      const { world, here } = connected();
      here.send(5, byte, 5);
      world.runFor(1_000_000);
      return world.hash;
    });
    expect(hashes[0]).not.toBe(hashes[1]);
  });

  it("keeps the network's draws when disks draw more or less", () => {
    const quiet = { turn: { delayChancePpm: 0 } };
    const all = begin({ seed: 9, options: quiet });
    const few = begin({ seed: 9, options: quiet, writers: [2] });
    for (const run of [all, few]) run.world.runFor(2_000_000);
    expect(few.world.counters.diskOperations).toBeLessThan(all.world.counters.diskOperations);
    for (const node of NODES) expect(few.machines.get(node)?.received).toEqual(all.machines.get(node)?.received);
  });

  it("keeps the draws of links that a partition elsewhere does not touch", () => {
    const quiet = { turn: { delayChancePpm: 0 } };
    const apart = begin({ seed: 9, options: quiet });
    const whole = begin({ seed: 9, options: quiet });
    apart.faults.inject({ type: "partition", from: [3], isOneWay: false, forMs: 60_000 });
    for (const run of [apart, whole]) run.world.runFor(2_000_000);
    expect(apart.machines.get(2)?.received).toEqual(whole.machines.get(2)?.received);
    expect(apart.machines.get(3)?.received).toEqual([]);
  });
});

describe("faults", () => {
  it("are told of, with the heal, in the world's own voice", () => {
    const { trace } = chaos({ seed: 3 });
    const told = trace.filter((event) => event.node === -1).map((event) => (event.event.kind === "fault" ? event.event.fault : event.event.kind));
    expect(told).toEqual([...FAULTS.map((fault) => fault.type), "healed"]);
  });

  it("of every type are in the table of what this world does", () => {
    const types: FaultType[] = [
      "crash",
      "power-loss",
      "stop",
      "pause",
      "partition",
      "reset",
      "stash",
      "slow-network",
      "slow-disk",
      "disk-error",
      "disk-full",
      "log-dir-failure",
      "clock",
      "plant",
      "corrupt",
    ];
    expect(Object.keys(SIMULATED_SUPPORT).sort()).toEqual([...types].sort());
    expect(Object.entries(SIMULATED_SUPPORT).filter(([, support]) => support !== "real")).toEqual([["plant", "decorated"]]);
  });

  it("that take a node down start it again in time, or at the heal; only a power loss begins a new boot", () => {
    const { world, faults, starts } = begin();
    starts.length = 0;
    faults.inject({ type: "crash", victim: 1, restartAfterMs: 500 });
    faults.inject({ type: "power-loss", victim: 2 });
    faults.inject({ type: "stop", victim: 3 });
    world.runFor(400_000);
    expect([starts, NODES.map((node) => world.isUp(node))]).toEqual([[], [false, false, false]]);
    world.runFor(200_000);
    expect(starts).toEqual(["1 boot 1.1"]);
    faults.healAll();
    world.runFor(1_000_000);
    expect(starts).toEqual(["1 boot 1.1", "2 boot 2.2", "3 boot 3.1"]);
    expect(NODES.map((node) => world.isUp(node))).toEqual([true, true, true]);
  });

  it("that were healed leave every node connected again", () => {
    const { machines, world } = chaos({ seed: 4 });
    const before = NODES.map((node) => machines.get(node)?.received.length ?? 0);
    world.runFor(5_000_000);
    for (const [index, node] of NODES.entries()) expect(machines.get(node)?.received.length).toBeGreaterThan((before[index] ?? 0) + 50);
  });
});
