import { micros, wallMs } from "@samsa/stdx";
import { expect, it } from "vitest";
import type { ConnectionHandler, ConnectionId, Effect, Input, Machine, PortConnection, WorldPorts } from "../src/index.ts";
import { Shell, succeeded } from "../src/index.ts";

/** Ports of a world in which only a dial works, whose connection the test holds in its hand. */
function createWorld(): { ports: WorldPorts; turn(): void; handler(): ConnectionHandler; calls: string[] } {
  const turns: (() => void)[] = [];
  const calls: string[] = [];
  let handler: ConnectionHandler | undefined;
  const unused = (): never => {
    throw new Error("not in this world");
  };
  const connection: PortConnection = {
    remote: "there:1",
    attach: (given) => (handler = given),
    write: () => calls.push("write") === 0,
    setReading: () => calls.push("set-reading"),
    admit: () => calls.push("admit"),
    end: () => calls.push("end"),
    reset: () => calls.push("reset"),
  };
  const ports: WorldPorts = {
    disk: {
      append: unused,
      sync: unused,
      syncDirectory: unused,
      read: unused,
      readToSend: unused,
      truncate: unused,
      rename: unused,
      delete: unused,
      list: unused,
      statVolume: unused,
      makeDirectory: unused,
    },
    network: { listen: unused, dial: (_endpoint, done) => void turns.push(() => done(succeeded(connection))) },
    clock: { now: () => ({ monotonicUs: micros(0), wallMs: wallMs(0) }), wakeAt: unused, soon: (turn) => void turns.push(turn) },
    trace: { isListening: false, emit: unused },
    seed: 1,
    bootId: "boot",
    exit: (code) => calls.push(`exit ${code}`),
  };
  const turn = (): void => {
    for (let next = turns.shift(); next !== undefined; next = turns.shift()) next();
  };
  return {
    ports,
    turn,
    calls,
    handler: () => {
      if (handler === undefined) throw new Error("nobody has attached");
      return handler;
    },
  };
}

class Recorder implements Machine {
  readonly inputs: Input[] = [];
  effects: Effect[] = [{ type: "dial", id: 1 as never, transport: "stream", host: "there", port: 1 }];
  step(input: Input): void {
    this.inputs.push(input);
  }
  drain(): readonly Effect[] {
    return this.effects.splice(0);
  }
  get types(): string[] {
    return this.inputs.map(({ type }) => type);
  }
}

const connection = 1 as ConnectionId;

it("hears nothing of a connection that it has reset, even if the world is slow to forget it", () => {
  const world = createWorld();
  const machine = new Recorder();
  const shell = new Shell({ ports: world.ports, node: 1, machine });
  shell.start();
  world.turn();
  machine.effects = [
    { type: "send", connection, parts: [Uint8Array.of(1)] },
    { type: "close", connection, how: "reset" },
  ];
  shell.requestStop();
  world.turn();
  const { received, drained, closed } = world.handler();
  received(Uint8Array.of(1));
  drained();
  closed("reset");
  world.turn();
  expect(machine.types).toEqual(["started", "dialled", "stop", "closed"]);
  expect(world.calls).toEqual(["reset"]);
});

it("sends what was sent before an end when the connection drains, and then ends it once", () => {
  const world = createWorld();
  const machine = new Recorder();
  const shell = new Shell({ ports: world.ports, node: 1, machine });
  shell.start();
  world.turn();
  machine.effects = [{ type: "send", connection, parts: [Uint8Array.of(1)] }];
  shell.requestStop();
  world.turn();
  machine.effects = [
    { type: "send", connection, parts: [Uint8Array.of(2)] },
    { type: "close", connection, how: "end" },
    { type: "close", connection, how: "end" },
  ];
  shell.requestStop();
  world.turn();
  expect(world.calls).toEqual(["write"]);
  world.handler().drained();
  world.handler().drained();
  expect(world.calls).toEqual(["write", "write", "end"]);
  expect(machine.types).toEqual(["started", "dialled", "stop", "blocked", "stop"]);
});
