import fc from "fast-check";
import { clusterIdOf, decodePeerMessage, encodePeerMessage, OPERATOR } from "@samsa/server";
import { nodeId } from "@samsa/stdx";
import { CLUSTER_SECRET } from "@samsa/simulator";
import { describe, expect, it } from "vitest";
import { mutate, type Mutation, mutation, withEachNumber } from "./hostile-frames.ts";
import { vainMessage } from "./vain-messages.ts";
import { VisitedCluster } from "./visited-cluster.ts";
import type { Visit, Visited } from "./visitor.ts";

/** Fixed seeds for the suite; `npm test -- --full` walks others, of a block every tenth: each has hundreds of strangers. */
const FIRST = Number(process.env["SAMSA_FIRST_SEED"] ?? 1);
const SEEDS = Number(process.env["SAMSA_SEEDS"] ?? 60);
const EVERY = 10;
const seeds = Array.from({ length: Math.ceil(SEEDS / EVERY) }, (_, index) => FIRST + index * EVERY);
const VISITS = 120;
const MAX_STRANGERS = 64;
/** One address and one node: five lines at once, and one in ten seconds. */
const MAX_LINES = 3 * 7;

const node = fc.integer({ min: 1, max: 3 });
const noise = fc.uint8Array({ maxLength: 300 });
const otherSecret = new Uint8Array(32).fill(8);

function sample<T>(arbitrary: fc.Arbitrary<T>, seed: number, count: number): readonly T[] {
  return fc.sample(arbitrary, { seed, numRuns: count });
}

/** The whole oracle but the connections: nobody died, nothing has changed, every invariant holds, and the log is not full of it. */
function expectUnmoved(visited: VisitedCluster, before: { readonly state: string; readonly connections: number; readonly lines: number }): void {
  expect(visited.exits).toEqual([]);
  expect(visited.watcher.violations).toEqual([]);
  expect(visited.state).toBe(before.state);
  expect(visited.world.network.size, "connections that stay").toBe(before.connections);
  expect(visited.refusals.length - before.lines).toBeLessThanOrEqual(MAX_LINES);
}

const snapshotOf = (visited: VisitedCluster) => ({ state: visited.state, connections: visited.world.network.size, lines: visited.refusals.length });

/** A handshake as it was heard on the wire: hello and proof. */
function recordedHandshake(visited: VisitedCluster): readonly Uint8Array[] {
  const [guest] = visited.visit([{ node: 1, as: { node: 2 }, frames: [Uint8Array.of(0xc1)] }]);
  if (guest?.hasProved !== true) throw new Error("the handshake that is to be replayed did not succeed");
  return guest.said.slice(0, 2);
}

const asStranger = (recorded: readonly Uint8Array[]): fc.Arbitrary<Visit> => {
  const [hello = new Uint8Array(1), proof = new Uint8Array(1)] = recorded;
  const visit = (frames: fc.Arbitrary<readonly Uint8Array[]>): fc.Arbitrary<Visit> => fc.record({ node, as: fc.constant(undefined), frames });
  const mutated = (frame: Uint8Array): fc.Arbitrary<Uint8Array> => mutation.map((how) => mutate(frame, how));
  return fc.oneof(
    visit(fc.array(noise, { maxLength: 4 })),
    visit(fc.tuple(mutated(hello), fc.constant(proof))),
    visit(fc.tuple(fc.constant(hello), mutated(proof), noise)),
    // Replayed, whole and in parts.
    visit(fc.constantFrom([hello, proof], [hello], [proof], [hello, hello, proof], [hello, proof, proof], [])),
    visit(fc.constantFrom(1_025, 1024 * 1024, 17 * 1024 * 1024).map((length) => [new Uint8Array(length)])),
    fc.record({
      node,
      frames: fc.constant([]),
      as: fc.oneof(
        // Another cluster; the same by name; a node that is none, or is the one dialled; a node looked for elsewhere.
        fc.record({ node, secret: fc.constant(otherSecret) }),
        fc.record({ node, secret: fc.constant(otherSecret), clusterId: fc.constant(clusterIdOf(CLUSTER_SECRET)) }),
        fc.constantFrom(-1, -3, 2 ** 31).map((stranger) => ({ node: stranger })),
        fc.record({ node, to: fc.constantFrom(0, 4, -2) }),
      ),
    }),
  );
};

const describeVisit = ({ visit: { node: to, as }, said }: Visited): string =>
  JSON.stringify({ to, as: as?.node, said: said.map((bytes) => (bytes.length > 200 ? bytes.length : Array.from(bytes))) });

/** Whom a good handshake with a good secret would make a peer. */
const isProved = ({ visit: { as, node: to }, hasProved }: Visited): boolean =>
  hasProved && as !== undefined && as.secret === undefined && as.to === undefined && as.node !== to && (as.node === OPERATOR || (as.node >= 1 && as.node <= 3));

describe("The peer port", () => {
  it.each(seeds)("is moved by nothing that strangers say, and closes all of them (seed %i)", (seed) => {
    const visited = new VisitedCluster(seed);
    const recorded = recordedHandshake(visited);
    const before = snapshotOf(visited);
    const guests = visited.visit(sample(asStranger(recorded), seed, VISITS));
    for (const guest of guests) expect(guest.isOpen === false && !isProved(guest), describeVisit(guest)).toBe(true);
    // Nobody but those who began as they should was answered at all.
    for (const { visit, heard } of guests) if (visit.frames.length === 0) expect(heard).toEqual([]);
    expectUnmoved(visited, before);
  });

  it.each(seeds)("is moved by no message that is wrong, of whatever kind, though its sender knows the secret (seed %i)", (seed) => {
    const visited = new VisitedCluster(seed);
    // What the cluster had no reason to say.
    for (const message of sample(vainMessage(2), seed, 200)) visited.keep(encodePeerMessage(message));
    const kinds = [...visited.samples.keys()];
    for (const kind of ["raft append-request", "ask broker-heartbeat", "answer broker-heartbeat", "ask register-broker"]) expect(kinds).toContain(kind);
    const before = snapshotOf(visited);
    const draws = sample(fc.record({ node, as: fc.constantFrom(1, 2, 3, OPERATOR), how: fc.array(mutation, { minLength: 1, maxLength: 3 }) }), seed, VISITS);
    const visits = draws.flatMap(({ node: to, as, how }, index): Visit[] => {
      const samples = visited.samples.get(kinds[index % kinds.length] ?? "") ?? [];
      const frames = how.flatMap((one: Mutation) => samples.slice(0, 1).map((frame) => mutate(frame, one)));
      const wrong = frames.filter((frame) => decodePeerMessage(frame) === undefined);
      return wrong.length === 0 || as === to ? [] : [{ node: to, as: { node: as }, frames: wrong }];
    });
    expect(visits.length).toBeGreaterThan(VISITS / 3);
    const guests = visited.visit([...visits, { node: 1, as: { node: 2 }, frames: [new Uint8Array(17 * 1024 * 1024)] }]);
    for (const guest of guests) expect(isProved(guest) && guest.isOpen === false && guest.heard.length === 0, describeVisit(guest)).toBe(true);
    expectUnmoved(visited, before);
  });

  it.each(seeds)("is moved by no message that comes too late, or asks for what is not to be had (seed %i)", (seed) => {
    const visited = new VisitedCluster(seed);
    const { term } = visited;
    expect(term).toBeGreaterThan(1);
    const before = snapshotOf(visited);
    const draws = sample(fc.record({ node, as: node, messages: fc.array(vainMessage(term), { minLength: 1, maxLength: 5 }) }), seed, VISITS);
    const visits = draws.filter(({ node: to, as }) => as !== to).map(({ node: to, as, messages }) => ({ node: to, as: { node: as }, messages }));
    for (const { messages } of visits)
      for (const message of messages) expect(decodePeerMessage(encodePeerMessage(message)), JSON.stringify(message)).toBeDefined();
    const guests = visited.visit(visits.map(({ messages, ...visit }) => ({ ...visit, frames: messages.map(encodePeerMessage) })));
    for (const guest of guests) expect(isProved(guest)).toBe(true);
    // A question is answered, whatever it was; nothing else is.
    for (const [index, { heard }] of guests.entries()) {
      const asked = visits[index]?.messages.filter(({ type }) => type === "ask" || type === "inject").length;
      expect(heard.map((bytes) => decodePeerMessage(bytes)?.type).filter((type) => type === "answer" || type === "injected")).toHaveLength(asked ?? 0);
    }
    const idle = { ...before, connections: before.connections + guests.filter(({ isOpen }) => isOpen).length };
    expectUnmoved(visited, idle);
  });

  it("keeps at most 64 strangers at each node, none for longer than 2 s, and room for a node that comes back meanwhile", () => {
    const visited = new VisitedCluster(FIRST);
    const before = snapshotOf(visited);
    const silent = (count: number): Visit[] => Array.from({ length: count }, (_, index) => ({ node: 1 + (index % 3), as: undefined, frames: [] }));
    visited.visit(silent(900), 500_000);
    expect(visited.world.network.size).toBeLessThanOrEqual(before.connections + 3 * MAX_STRANGERS);
    expect(visited.world.network.size).toBeGreaterThan(before.connections);
    visited.cluster.inject({ type: "crash", victim: 3, restartAfterMs: 100, diesOverMs: 10 });
    for (let wave = 0; wave < 10; wave++) visited.visit(silent(900), 500_000);
    expect(visited.watcher.ghost.image.brokers.get(nodeId(3))?.isFenced).toBe(false);
    expect(visited.cluster.views).toHaveLength(3);
    visited.world.runFor(3_000_000);
    // Clients that were connected to the node that went have not come back.
    expect(visited.world.network.size).toBeLessThanOrEqual(before.connections);
    expect([visited.exits, visited.watcher.violations]).toEqual([[], []]);
  });

  it("reads no message in which a number is none, and none of Raft's with a negative one", () => {
    const visited = new VisitedCluster(FIRST);
    for (const message of sample(vainMessage(2), FIRST, 500)) visited.keep(encodePeerMessage(message));
    let numbers = 0;
    for (const [kind, frames] of visited.samples) {
      for (const value of [Number.NaN, Number.POSITIVE_INFINITY, 1.5, 2 ** 53, "1", [], ...(kind.startsWith("raft") ? [-5, -(2 ** 40)] : [])]) {
        for (const frame of frames.flatMap((one) => withEachNumber(one, value))) {
          numbers++;
          expect(decodePeerMessage(frame), `${kind} with ${String(value)}`).toBeUndefined();
        }
      }
    }
    expect(numbers).toBeGreaterThan(1_000);
  });

  it("hears the whole cluster's own messages after all of that: every kind that was recorded can be read", () => {
    const visited = new VisitedCluster(FIRST);
    for (const [kind, frames] of visited.samples) for (const frame of frames) expect(decodePeerMessage(frame), kind).toBeDefined();
  });
});
