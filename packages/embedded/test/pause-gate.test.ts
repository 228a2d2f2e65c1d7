import { micros, wallMs } from "@samsa/stdx";
import { type ConnectionHandler, type PortConnection, succeeded, type WorldPorts } from "@samsa/world";
import { expect, test } from "vitest";
import { PauseGate } from "../src/pause-gate.ts";

/** A world whose every callback the test holds in its hand. */
class HandWorld {
  readonly calls: (() => void)[] = [];
  handler: ConnectionHandler | undefined;
  readonly reading: boolean[] = [];

  connection(): PortConnection {
    return {
      remote: "there:1",
      attach: (handler) => (this.handler = handler),
      write: () => true,
      setReading: (isReading) => this.reading.push(isReading),
      admit: () => {},
      end: () => {},
      reset: () => {},
    };
  }

  get ports(): WorldPorts {
    const later = (run: () => void): void => void this.calls.push(run);
    return {
      disk: { sync: (_path: string, done: (outcome: never) => void) => later(() => done(succeeded(undefined) as never)) } as unknown as WorldPorts["disk"],
      network: {
        listen: (_endpoint, accept, done) => {
          done(succeeded(1));
          later(() => accept(this.connection()));
        },
        dial: (_endpoint, done) => later(() => done(succeeded(this.connection()))),
      },
      clock: { now: () => ({ monotonicUs: micros(0), wallMs: wallMs(0) }), wakeAt: (_at, wake) => later(wake), soon: later },
      trace: { isListening: false, emit: () => {} },
      seed: 1,
      bootId: "boot",
      exit: () => {},
    };
  }

  deliver(): void {
    for (const call of this.calls.splice(0)) call();
  }
}

function useAll(ports: WorldPorts, told: string[]): void {
  ports.clock.soon(() => told.push("turn"));
  ports.clock.wakeAt(micros(1), () => told.push("deadline"));
  ports.disk.sync("file", () => told.push("synced"));
  ports.network.dial({ transport: "stream", host: "h", port: 1 }, () => told.push("dialled"));
  ports.network.listen(
    { transport: "stream", host: "h", port: 1 },
    (connection) => {
      told.push("accepted");
      connection.attach({ received: () => told.push("received"), drained: () => told.push("drained"), closed: () => told.push("closed") });
    },
    () => {},
  );
}

const ALL = ["turn", "deadline", "synced", "dialled", "accepted"];

test("passes everything on while nobody pauses it", () => {
  const world = new HandWorld();
  const told: string[] = [];
  useAll(new PauseGate().decorate(world.ports), told);
  world.deliver();
  expect(told).toEqual(ALL);
});

test("tells nothing while it is paused, and everything in its order afterwards", () => {
  const world = new HandWorld();
  const gate = new PauseGate();
  const told: string[] = [];
  useAll(gate.decorate(world.ports), told);
  gate.pause();
  world.deliver();
  expect(told).toEqual([]);
  gate.resume();
  expect(told).toEqual(ALL);
});

test("reads nothing of its connections while it is paused, and holds what comes of them", () => {
  const world = new HandWorld();
  const gate = new PauseGate();
  const told: string[] = [];
  useAll(gate.decorate(world.ports), told);
  world.deliver();
  told.length = 0;
  gate.pause();
  // Both: the accepted one and the one that was dialled.
  expect(world.reading).toEqual([false, false]);
  world.handler?.received(Uint8Array.of(1));
  world.handler?.drained();
  world.handler?.closed("end");
  expect(told).toEqual([]);
  gate.resume();
  expect(told).toEqual(["received", "drained", "closed"]);
  expect(world.reading).toEqual([false, false, true]);
});

test("tells nothing any more once it is closed", () => {
  const world = new HandWorld();
  const gate = new PauseGate();
  const told: string[] = [];
  useAll(gate.decorate(world.ports), told);
  gate.pause();
  world.deliver();
  gate.close();
  gate.resume();
  expect(told).toEqual([]);
});
