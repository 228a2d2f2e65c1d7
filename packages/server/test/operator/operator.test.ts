import { nodeId, Prng, uuidFromBytes } from "@samsa/stdx";
import type { ConnectionId, Effect, Fault, Input } from "@samsa/world";
import { expect, test } from "vitest";
import { clusterIdOf } from "../../src/cluster-secret.ts";
import { Operator, type OperatorOptions } from "../../src/operator/operator.ts";
import { AcceptingHandshake } from "../../src/peer/handshake.ts";
import { decodePeerMessage, encodePeerMessage } from "../../src/peer/messages.ts";
import { instant } from "../faults/instant.ts";

const SECRET = new Uint8Array(32).fill(1);
const CONNECTION = 5 as ConnectionId;
const FAULT: Fault = { type: "slow-disk", victim: { type: "node", id: 3 }, byMs: 10, forMs: 100 };

function begin(change: Partial<OperatorOptions> = {}) {
  const operator = new Operator({ host: "h", port: 1, node: nodeId(3), secret: SECRET, question: { type: "inject", fault: FAULT }, seed: 1, ...change });
  const turn = (...inputs: readonly Input[]): readonly Effect[] => {
    for (const input of inputs) operator.step(input, instant(0));
    return operator.drain();
  };
  const dial = turn({ type: "started" }).find((effect) => effect.type === "dial");
  if (dial?.type !== "dial") throw new RangeError("it does not dial");
  return { operator, turn, dial };
}

const acceptor = (): AcceptingHandshake => {
  const prng = new Prng(2);
  return new AcceptingHandshake({
    secret: SECRET,
    clusterId: clusterIdOf(SECRET),
    self: { nodeId: nodeId(3), incarnationId: uuidFromBytes(prng.bytes(16)), directoryId: "directory-of-node-3" },
    prng,
  });
};

const sentIn = (effects: readonly Effect[]): readonly Uint8Array[] =>
  effects.flatMap((effect) => (effect.type === "send" ? (effect.parts as readonly Uint8Array[]) : []));
const received = (bytes: Uint8Array): Input => ({ type: "received", connection: CONNECTION, bytes });
const exitIn = (effects: readonly Effect[]) => effects.find((effect) => effect.type === "exit");

function proved(change: Partial<OperatorOptions> = {}) {
  const { operator, turn, dial } = begin(change);
  const node = acceptor();
  const [hello] = sentIn(turn({ type: "dialled", id: dial.id, connection: CONNECTION }));
  const challenge = node.receive(hello ?? new Uint8Array());
  const [proof, ask] = sentIn(turn(received(challenge.type === "send" ? challenge.bytes : new Uint8Array())));
  return { operator, turn, node, proof: proof ?? new Uint8Array(), ask: ask ?? new Uint8Array() };
}

test("it proves the secret, asks for its fault, and ends with the answer", () => {
  const { operator, turn, node, proof, ask } = proved();
  expect(node.receive(proof)).toMatchObject({ type: "ready", peer: { nodeId: -2 } });
  const question = decodePeerMessage(ask);
  expect(question).toEqual({ type: "inject", token: 1, fault: FAULT });
  expect(exitIn(turn(received(encodePeerMessage({ type: "injected", token: 1, error: "faults are off" }))))).toMatchObject({ code: 0 });
  expect(operator.answer).toMatchObject({ error: "faults are off" });
});

test("a node that takes the fault leaves no error", () => {
  const { operator, turn } = proved();
  turn(received(encodePeerMessage({ type: "injected", token: 1, error: null })));
  expect(operator.answer).toMatchObject({ type: "injected", error: null });
});

test("a refused dial, a closed connection and silence end it with a reason", () => {
  const { turn, dial } = begin();
  expect(exitIn(turn({ type: "failed", id: dial.id, error: { code: "ECONNREFUSED", detail: "nobody there" } }))).toMatchObject({
    code: 69,
    reason: "node 3 at h:1 can't be asked: nobody there",
  });
  expect(exitIn(proved().turn({ type: "closed", connection: CONNECTION, reason: "reset" }))).toMatchObject({ code: 69 });
  const { operator } = begin();
  operator.step({ type: "deadline" }, instant(5_000_000));
  expect(exitIn(operator.drain())).toMatchObject({ code: 69, reason: expect.stringContaining("no answer for 5000 ms") });
});

test("it asks what a node knows, and ends with all of it", () => {
  const question = { type: "describe-node", topic: null, partitionsMax: 10, groupsMax: 5 } as const;
  const { operator, turn, ask } = proved({ question });
  expect(decodePeerMessage(ask)).toEqual({ ...question, token: 1 });
  const counts = { topicCount: 0, partitionCount: 0, leaderlessCount: 0, underReplicatedCount: 0 };
  const report = { nodeId: 3, controller: 1, controllerEpoch: 2, metadataIndex: 9, brokers: [], ...counts, partitions: [], ownReplicas: [], groups: null };
  expect(exitIn(turn(received(encodePeerMessage({ type: "node-described", token: 1, report }))))).toMatchObject({ code: 0 });
  expect(operator.answer).toEqual({ type: "node-described", token: 1, report });
});

test("it waits as long as it is told to", () => {
  const { operator } = begin({ timeoutMs: 200 });
  operator.step({ type: "deadline" }, instant(199_999));
  expect(exitIn(operator.drain())).toBeUndefined();
  operator.step({ type: "deadline" }, instant(200_000));
  expect(exitIn(operator.drain())).toMatchObject({ code: 69, reason: expect.stringContaining("no answer for 200 ms") });
});
