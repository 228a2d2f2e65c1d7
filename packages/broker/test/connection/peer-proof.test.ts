import { ErrorCode } from "@samsa/protocol";
import { encodeUtf8, nodeId, Prng } from "@samsa/stdx";
import { describe, expect, it } from "vitest";
import { PEER_MECHANISM, PeerClient, PeerServer } from "../../src/connection/peer-proof.ts";
import { proveAs } from "../support/prove.ts";
import { SELF, TestBroker, testProof } from "../support/test-broker.ts";

const otherProof = (text: string): Uint8Array => encodeUtf8(`another proof of ${text}`);
const follower = (options: { leader?: number; proof?: typeof testProof; seed?: number } = {}) =>
  new PeerClient({ self: nodeId(2), leader: nodeId(options.leader ?? 1), proof: options.proof ?? testProof, prng: new Prng(options.seed ?? 2) });
const leader = (options: { self?: number; proof?: typeof testProof; seed?: number } = {}) =>
  new PeerServer({ self: nodeId(options.self ?? 1), proof: options.proof ?? testProof, prng: new Prng(options.seed ?? 1) });
const bytesOf = (step: ReturnType<PeerServer["receive"]>): Uint8Array => ("bytes" in step ? step.bytes : new Uint8Array(0));

describe("SAMSA-PEER", () => {
  it("proves both sides to each other", () => {
    const [client, server] = [follower(), leader()];
    const challenge = server.receive(client.first());
    const proof = client.answer(bytesOf(challenge)) ?? new Uint8Array(0);
    const step = server.receive(proof);
    expect([challenge.type, step]).toMatchObject(["challenge", { type: "proved", brokerId: 2 }]);
    expect(client.isProvedBy(bytesOf(step))).toBe(true);
  });

  it("refuses a follower that does not know the secret", () => {
    const [client, server] = [follower({ proof: otherProof }), leader()];
    const proof = client.answer(bytesOf(server.receive(client.first()))) ?? new Uint8Array(0);
    expect(server.receive(proof)).toEqual({ type: "refused" });
  });

  it("is not taken in by a leader that does not know the secret, nor by one that sends the follower's own proof back", () => {
    const [client, server] = [follower(), leader({ proof: otherProof })];
    const proof = client.answer(bytesOf(server.receive(client.first()))) ?? new Uint8Array(0);
    expect(client.isProvedBy(otherProof("leader"))).toBe(false);
    expect(client.isProvedBy(proof)).toBe(false);
  });

  it("does not talk to another broker than the leader it looks for", () => {
    const [client, server] = [follower({ leader: 3 }), leader()];
    expect(client.answer(bytesOf(server.receive(client.first())))).toBeUndefined();
  });

  it("can't be replayed: frames of one exchange fail in the next", () => {
    const [client, server] = [follower(), leader()];
    const first = client.first();
    const proof = client.answer(bytesOf(server.receive(first))) ?? new Uint8Array(0);
    expect(server.receive(proof).type).toBe("proved");
    const later = leader({ seed: 99 });
    expect(later.receive(first).type).toBe("challenge");
    expect(later.receive(proof)).toEqual({ type: "refused" });
  });

  it.each([0, 1, 19, 21, 100])("refuses a first message of %i bytes", (length) => {
    expect(leader().receive(new Uint8Array(length))).toEqual({ type: "refused" });
  });

  it("refuses a broker id below zero", () => {
    expect(leader().receive(new Uint8Array(20).fill(0xff))).toEqual({ type: "refused" });
  });
});

describe("SAMSA-PEER on a Kafka listener", () => {
  it("cuts off whoever fails, after telling it, and leaves one line of trace", () => {
    const host = TestBroker.serving();
    const client = host.client();
    const peer = follower({ proof: otherProof });
    client.call("SaslHandshake", 1, { mechanism: PEER_MECHANISM });
    const { authBytes } = client.call("SaslAuthenticate", 2, { authBytes: peer.first() });
    client.ask("SaslAuthenticate", 2, { authBytes: peer.answer(authBytes) ?? new Uint8Array(0) });
    expect(client.answers.at(-1)).toMatchObject({ errorCode: ErrorCode.SASL_AUTHENTICATION_FAILED });
    expect(client.closedAs).toBe("end");
    expect(host.traces.filter(({ kind }) => kind === "connection-closed")).toHaveLength(1);
  });

  it("is not spoken in version 0, whose tokens are bare", () => {
    expect(TestBroker.serving().client().call("SaslHandshake", 0, { mechanism: PEER_MECHANISM })).toMatchObject({ errorCode: ErrorCode.ILLEGAL_SASL_STATE });
  });

  it("lets a broker prove itself", () => {
    proveAs(TestBroker.serving().client(), 2, SELF, testProof);
  });
});
