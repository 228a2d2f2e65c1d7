import { micros, type Now, wallMs } from "@samsa/stdx";
import { expect, it } from "vitest";
import { REQUEST_TURN_MS, RequestMemory, SMALL_REQUEST_BYTES } from "../../src/connection/request-memory.ts";
import { TestBroker } from "../support/test-broker.ts";

const LIMIT = 4 * SMALL_REQUEST_BYTES;
const LARGE = 2 * SMALL_REQUEST_BYTES;
const at = (ms: number): Now => ({ monotonicUs: micros(ms * 1000), wallMs: wallMs(0) });

class Holder {
  resumed = 0;
  isExpired = false;
  private readonly memory: RequestMemory;

  constructor(memory: RequestMemory) {
    this.memory = memory;
  }

  resume(): void {
    this.resumed++;
  }

  expire(): void {
    this.isExpired = true;
    this.memory.leaves(this);
  }
}

it("reads nobody further who holds much once the limit is reached, but who has held it the longest, and everybody who holds little", () => {
  const memory = new RequestMemory(LIMIT);
  const [first, second, third, small] = [new Holder(memory), new Holder(memory), new Holder(memory), new Holder(memory)];
  const asks = (holder: Holder, bytes: number): boolean => {
    const isAdmitted = memory.admits(holder, bytes);
    if (isAdmitted) memory.holds(holder, bytes);
    return isAdmitted;
  };
  expect([asks(first, LARGE), asks(second, LARGE), asks(second, 2 * LARGE), asks(third, LARGE)]).toEqual([true, true, false, false]);
  expect([asks(first, 2 * LARGE), asks(small, SMALL_REQUEST_BYTES)]).toEqual([true, true]);
  expect(memory.heldBytes).toBe(3 * LARGE);
  memory.leaves(first);
  memory.endTurn(at(0));
  // The second is the longest-holding now, and there is room for the third as well.
  expect([second.resumed, third.resumed]).toEqual([1, 1]);
  expect([asks(second, 2 * LARGE), asks(third, LARGE)]).toEqual([true, false]);
  memory.leaves(second);
  memory.endTurn(at(0));
  expect(third.resumed).toBe(2);
  memory.leaves(third);
  expect(memory.heldBytes).toBe(0);
});

it("ends the turn of one that keeps others waiting for too long, and nobody's while no one waits", () => {
  const memory = new RequestMemory(LIMIT);
  const [slow, next] = [new Holder(memory), new Holder(memory)];
  memory.holds(slow, 2 * LARGE);
  memory.endTurn(at(0));
  expect(memory.nextDeadlineUs).toBeUndefined();
  expect(memory.admits(next, LARGE)).toBe(false);
  memory.endTurn(at(1));
  expect(memory.nextDeadlineUs).toBe((1 + REQUEST_TURN_MS) * 1000);
  memory.endTurn(at(REQUEST_TURN_MS));
  expect(slow.isExpired).toBe(false);
  memory.endTurn(at(1 + REQUEST_TURN_MS));
  expect([slow.isExpired, next.isExpired, next.resumed]).toEqual([true, false, 1]);
  expect(memory.nextDeadlineUs).toBeUndefined();
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
  expect(sent).toBeLessThan(limit + 100 * 160_000);
  const good = host.client();
  good.ask("ApiVersions", 0, { clientSoftwareName: "", clientSoftwareVersion: "" });
  expect(good.answers).toHaveLength(1);
  // One after the other loses its turn, and the next one goes on.
  host.pass(REQUEST_TURN_MS + 1_000);
  expect(claims.filter(({ closedAs }) => closedAs !== undefined).length).toBeGreaterThanOrEqual(1);
  expect(claims.filter(({ isReading, closedAs }) => isReading && closedAs === undefined).length).toBeGreaterThanOrEqual(1);
});
