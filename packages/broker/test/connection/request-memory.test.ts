import { concatBytes, micros, type Now, wallMs } from "@samsa/stdx";
import { expect, it } from "vitest";
import { REQUEST_TURN_MS, RequestMemory } from "../../src/connection/request-memory.ts";
import { TestBroker } from "../support/test-broker.ts";

const LARGE = 1024 * 1024;
const LIMIT = 2 * LARGE;
const at = (ms: number): Now => ({ monotonicUs: micros(ms * 1000), wallMs: wallMs(0) });

class Holder {
  resumed = 0;
  isExpired = false;
  isReading = true;
  private readonly memory: RequestMemory;

  constructor(memory: RequestMemory) {
    this.memory = memory;
  }

  ask(): boolean {
    this.isReading = this.memory.admits(this);
    return this.isReading;
  }

  reads(bytes: number): boolean {
    this.memory.holds(this, bytes);
    return this.ask();
  }

  suspend(): void {
    this.ask();
  }

  resume(): void {
    this.resumed++;
    this.ask();
  }

  expire(): void {
    this.isExpired = true;
    this.memory.leaves(this);
  }
}

it("reads on nobody once the limit is reached, but who has held the longest", () => {
  const memory = new RequestMemory(LIMIT);
  const [first, second, third] = [new Holder(memory), new Holder(memory), new Holder(memory)];
  expect([first.reads(LARGE), second.reads(LARGE), third.ask()]).toEqual([true, false, false]);
  expect(first.reads(2 * LARGE)).toBe(true);
  expect(memory.heldBytes).toBe(3 * LARGE);
  memory.leaves(first);
  memory.endTurn(at(0));
  // The second is the longest-holding now, and there is room for the third as well.
  expect([second.resumed, third.resumed]).toEqual([1, 1]);
  expect([second.reads(2 * LARGE), third.ask()]).toEqual([true, false]);
  memory.leaves(second);
  memory.endTurn(at(0));
  expect(third.resumed).toBe(2);
  memory.leaves(third);
  expect(memory.heldBytes).toBe(0);
});

it("stops all others at once when the limit is reached, before what they would read has come", () => {
  const memory = new RequestMemory(LIMIT);
  const all = Array.from({ length: 100 }, () => new Holder(memory));
  for (const holder of all) expect(holder.reads(1)).toBe(true);
  expect(all[7]?.reads(LIMIT)).toBe(false);
  expect(all.map(({ isReading }) => isReading)).toEqual(all.map((_, index) => index === 0));
});

it("lets go on no more at a time than would fill the room, and the others a little later", () => {
  const memory = new RequestMemory(LIMIT);
  const full = new Holder(memory);
  full.reads(LIMIT);
  const waiting = Array.from({ length: 20 }, () => new Holder(memory));
  for (const holder of waiting) expect(holder.ask()).toBe(false);
  memory.leaves(full);
  const resumed = (): number => waiting.filter((holder) => holder.resumed > 0).length;
  memory.endTurn(at(0));
  const atFirst = resumed();
  expect(atFirst).toBeGreaterThan(1);
  expect(atFirst).toBeLessThan(waiting.length);
  for (let turn = 1; turn < 20 && resumed() < waiting.length; turn++) {
    expect(memory.nextDeadlineUs).toBe(turn * 1000);
    memory.endTurn(at(turn));
  }
  expect(waiting.every((holder) => holder.resumed === 1)).toBe(true);
  expect(memory.nextDeadlineUs).toBeUndefined();
});

it("ends the turn of one that keeps others waiting for too long, and nobody's while no one waits", () => {
  const memory = new RequestMemory(LIMIT);
  const [slow, next] = [new Holder(memory), new Holder(memory)];
  slow.reads(LIMIT);
  memory.endTurn(at(0));
  expect(memory.nextDeadlineUs).toBeUndefined();
  expect(next.ask()).toBe(false);
  memory.endTurn(at(1));
  expect(memory.nextDeadlineUs).toBe((1 + REQUEST_TURN_MS) * 1000);
  memory.endTurn(at(REQUEST_TURN_MS));
  expect(slow.isExpired).toBe(false);
  memory.endTurn(at(1 + REQUEST_TURN_MS));
  expect([slow.isExpired, next.isExpired, next.resumed]).toEqual([true, false, 1]);
  expect(memory.nextDeadlineUs).toBeUndefined();
});

it("gives one that sends request after request a turn for each of them", () => {
  const memory = new RequestMemory(LIMIT);
  const [busy, next] = [new Holder(memory), new Holder(memory)];
  busy.reads(LIMIT);
  expect(next.ask()).toBe(false);
  memory.endTurn(at(0));
  memory.leaves(busy);
  busy.reads(LIMIT);
  memory.endTurn(at(REQUEST_TURN_MS - 1));
  memory.endTurn(at(REQUEST_TURN_MS));
  expect(busy.isExpired).toBe(false);
});

it("a hundred claims of 100 MiB whose bytes come slowly hold little more than queued.max.request.bytes, and a small request is answered meanwhile", () => {
  const limit = 1024 * 1024;
  const host = TestBroker.serving({ config: { queuedMaxRequestBytes: limit } });
  const claims = Array.from({ length: 100 }, () => host.client());
  for (const client of claims) client.send(Uint8Array.of(6, 0x40, 0, 0));
  let sent = 0;
  for (let round = 0; round < 20; round++)
    for (const client of claims) {
      if (!client.isReading) continue;
      client.send(new Uint8Array(40_000));
      sent += 40_000;
    }
  // All but one stand still.
  expect(claims.filter(({ isReading }) => isReading)).toHaveLength(1);
  // Who was stopped was stopped before more of its claim was read.
  expect(sent).toBeLessThan(2 * limit);
  const good = host.client();
  good.ask("ApiVersions", 0, { clientSoftwareName: "", clientSoftwareVersion: "" });
  expect(good.answers).toHaveLength(1);
  // One after the other loses its turn, and the next one goes on.
  host.pass(REQUEST_TURN_MS + 1_000);
  expect(claims.filter(({ closedAs }) => closedAs !== undefined).length).toBeGreaterThanOrEqual(1);
  expect(claims.filter(({ isReading, closedAs }) => isReading && closedAs === undefined).length).toBeGreaterThanOrEqual(1);
});

it("a client that sends one large request after the other goes behind those that wait, with each of them", () => {
  const host = TestBroker.serving({ config: { queuedMaxRequestBytes: 100_000 } });
  const [busy, next] = [host.client(), host.client()];
  // Bytes behind what a request says are no error.
  const request = sized(
    concatBytes([busy.frame("ApiVersions", 0, { clientSoftwareName: "", clientSoftwareVersion: "" }).subarray(4), new Uint8Array(200_000)]),
  );
  busy.send(request.subarray(0, 150_000));
  next.send(request.subarray(0, 10));
  expect([busy.isReading, next.isReading]).toEqual([true, false]);
  busy.send(concatBytes([request.subarray(150_000), request.subarray(0, 150_000)]));
  expect(busy.answers).toHaveLength(1);
  expect([busy.isReading, next.isReading]).toEqual([false, true]);
});

function sized(content: Uint8Array): Uint8Array {
  const size = new Uint8Array(4);
  new DataView(size.buffer).setInt32(0, content.length);
  return concatBytes([size, content]);
}
