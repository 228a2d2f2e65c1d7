import fc from "fast-check";
import { nodeId } from "@samsa/stdx";
import { describe, expect, it } from "vitest";
import { clusterIdOf } from "../../src/cluster-secret.ts";
import { pack, unpack } from "../../src/peer/codec.ts";
import { AcceptingHandshake, DiallingHandshake, type HandshakeOptions, type HandshakeStep, OPERATOR } from "../../src/peer/handshake.ts";
import { handshakeOf, SECRET } from "../support/handshakes.ts";

const SEED = 7;
const bytesOf = (step: HandshakeStep): Uint8Array => (step.type === "send" ? step.bytes : new Uint8Array(0));

/** What each side ends with, and all that was said. */
function shakeHands(dialler: HandshakeOptions, acceptor: HandshakeOptions, to = 2) {
  const [dialling, accepting] = [new DiallingHandshake(dialler, nodeId(to)), new AcceptingHandshake(acceptor)];
  const hello = dialling.hello();
  const challenge = accepting.receive(hello);
  if (challenge.type === "refused") return { dialler: undefined, acceptor: challenge, frames: [hello] };
  const proof = dialling.receive(bytesOf(challenge));
  if (proof.type === "refused") return { dialler: proof, acceptor: undefined, frames: [hello, bytesOf(challenge)] };
  return { dialler: proof, acceptor: accepting.receive(bytesOf(proof)), frames: [hello, bytesOf(challenge), bytesOf(proof)] };
}

describe("The handshake of the control plane", () => {
  it("proves both sides to each other, with their incarnations and log directories", () => {
    const result = shakeHands(handshakeOf(1), handshakeOf(2));
    expect(result.dialler).toMatchObject({ type: "send", peer: { nodeId: 2, incarnationId: "incarnation-of-node-2", directoryId: "directory-of-node-2" } });
    expect(result.acceptor).toEqual({
      type: "ready",
      peer: { nodeId: 1, incarnationId: "incarnation-of-node-1", directoryId: "directory-of-node-1" },
    });
  });

  it("takes the operator, who is no node", () => {
    expect(shakeHands(handshakeOf(OPERATOR), handshakeOf(2)).acceptor).toMatchObject({ type: "ready", peer: { nodeId: OPERATOR } });
  });

  it("refuses another cluster, and another node than the one looked for, before anything is proved", () => {
    const other = new Uint8Array(32).fill(2);
    expect(shakeHands(handshakeOf(1, { secret: other }), handshakeOf(2)).acceptor).toMatchObject({
      type: "refused",
      because: expect.stringContaining("cluster"),
    });
    expect(shakeHands(handshakeOf(1), handshakeOf(3)).acceptor).toEqual({ type: "refused", because: "it looks for node 2" });
  });

  it("refuses a dialler, and an acceptor, that know the cluster's id and not its secret", () => {
    const thief = { secret: new Uint8Array(32).fill(2), clusterId: clusterIdOf(SECRET) };
    const asDialler = new AcceptingHandshake(handshakeOf(2));
    const hello = new DiallingHandshake(handshakeOf(1, thief), nodeId(2)).hello();
    expect(asDialler.receive(hello).type).toBe("send");
    expect(
      asDialler.receive(
        bytesOf(new DiallingHandshake(handshakeOf(1, thief), nodeId(2)).receive(bytesOf(new AcceptingHandshake(handshakeOf(2, thief)).receive(hello)))),
      ).type,
    ).toBe("refused");
    expect(shakeHands(handshakeOf(1), handshakeOf(2, thief)).dialler).toEqual({ type: "refused", because: "it does not know the cluster's secret" });
  });

  it("can't be replayed: no frame of one handshake is good for another", () => {
    const { frames } = shakeHands(handshakeOf(1), handshakeOf(2));
    const [hello, challenge, proof] = frames as [Uint8Array, Uint8Array, Uint8Array];
    const accepting = new AcceptingHandshake(handshakeOf(2, { seed: 999 }));
    expect(accepting.receive(hello).type).toBe("send");
    expect(accepting.receive(proof).type).toBe("refused");
    expect(new DiallingHandshake(handshakeOf(1, { seed: 999 }), nodeId(2)).receive(challenge).type).toBe("refused");
  });

  it.each(["from", "incarnation", "directory"])("does not believe a %s that was changed on the way", (field) => {
    const accepting = new AcceptingHandshake(handshakeOf(2));
    const dialling = new DiallingHandshake(handshakeOf(1), nodeId(2));
    const hello = unpack(dialling.hello()) as Record<string, unknown>;
    const challenge = accepting.receive(pack({ ...hello, [field]: field === "from" ? 3 : "another" }));
    expect(dialling.receive(bytesOf(challenge))).toEqual({ type: "refused", because: "it does not know the cluster's secret" });
  });

  it.each(["", "x".repeat(65), "é", "a\nb", "a\u0000", 7, null])("takes no %j for a directory", (directory) => {
    const hello = unpack(new DiallingHandshake(handshakeOf(1), nodeId(2)).hello()) as Record<string, unknown>;
    expect(new AcceptingHandshake(handshakeOf(2)).receive(pack({ ...hello, directory }))).toMatchObject({ type: "refused" });
    const challenge = unpack(bytesOf(new AcceptingHandshake(handshakeOf(2)).receive(pack(hello)))) as Record<string, unknown>;
    expect(new DiallingHandshake(handshakeOf(1), nodeId(2)).receive(pack({ ...challenge, directory }))).toMatchObject({
      because: "it did not answer with a challenge",
    });
  });

  it("tells apart what only the borders between the texts tell apart", () => {
    const facts = (incarnation: string, directory: string): Uint8Array => {
      const hello = new DiallingHandshake(handshakeOf(1, { incarnation, directory }), nodeId(2)).hello();
      return (unpack(bytesOf(new AcceptingHandshake(handshakeOf(2)).receive(hello))) as { proof: Uint8Array }).proof;
    };
    expect(facts("a|b", "c")).not.toEqual(facts("a", "b|c"));
    expect(facts('a","b', "c")).not.toEqual(facts("a", 'b","c'));
  });

  it("does not take an acceptor's own proof for a dialler's", () => {
    const accepting = new AcceptingHandshake(handshakeOf(2));
    const challenge = accepting.receive(new DiallingHandshake(handshakeOf(1), nodeId(2)).hello());
    const { proof } = unpack(bytesOf(challenge)) as { proof: Uint8Array };
    expect(accepting.receive(pack({ kind: "proof", proof })).type).toBe("refused");
  });

  it("derives the cluster's id from its secret, one way: 22 characters as Kafka's", () => {
    expect(clusterIdOf(SECRET)).toMatch(/^[\w-]{22}$/);
    expect(clusterIdOf(SECRET)).not.toBe(clusterIdOf(new Uint8Array(32).fill(2)));
  });

  it(`refuses any bytes that are not of a handshake, and never throws (seed ${SEED})`, () => {
    const { frames } = shakeHands(handshakeOf(1), handshakeOf(2));
    const mutated = fc.tuple(fc.nat(2), fc.nat(), fc.integer({ min: 1, max: 255 })).map(([which, at, flip]) => {
      const bytes = (frames[which] ?? new Uint8Array(0)).slice();
      bytes[at % bytes.length] = (bytes[at % bytes.length] ?? 0) ^ flip;
      return bytes;
    });
    const anything = fc.oneof(fc.uint8Array({ maxLength: 200 }), mutated);
    fc.assert(
      fc.property(anything, anything, (first, second) => {
        const accepting = new AcceptingHandshake(handshakeOf(2, { seed: 5 }));
        expect(accepting.receive(first).type).not.toBe("ready");
        expect(accepting.receive(second).type).not.toBe("ready");
        const step = new DiallingHandshake(handshakeOf(1, { seed: 5 }), nodeId(2)).receive(first);
        expect(step.type).toBe("refused");
      }),
      { seed: SEED, numRuns: 500 },
    );
  });
});
