import { Writer } from "@samsa/protocol";
import { encodeConsumerProtocolSubscription, newConsumerProtocolSubscription } from "@samsa/protocol/consumer-protocol";
import { fromHex, toHex } from "@samsa/stdx";
import { describe, expect, it } from "vitest";
import { decodeAssignment, decodeSubscription, encodeAssignment, encodeSubscription } from "../../src/index.ts";

const SUBSCRIPTION = { topics: ["a", "b"], ownedPartitions: [{ topic: "a", partition: 3 }], generationId: 7, rackId: "here" };

/** As another version writes it. */
function written(version: number): Uint8Array {
  const writer = new Writer();
  writer.int16(version);
  const message = newConsumerProtocolSubscription({
    topics: ["a", "b"],
    ownedPartitions: [{ topic: "a", partitions: [3] }],
    generationId: 7,
    rackId: "here",
  });
  encodeConsumerProtocolSubscription(writer, message, Math.min(version, 3));
  if (version > 3) writer.int32(42);
  return writer.finishBytes();
}

describe("the consumer protocol", () => {
  it("says the same after a way through bytes", () => {
    expect(decodeSubscription(encodeSubscription(SUBSCRIPTION))).toEqual(SUBSCRIPTION);
    const assigned = [
      { topic: "a", partition: 1 },
      { topic: "b", partition: 0 },
    ];
    expect(decodeAssignment(encodeAssignment(assigned))).toEqual(assigned);
  });

  it("writes what Kafka's version 3 is", () => {
    expect(toHex(encodeAssignment([{ topic: "t", partition: 2 }]))).toBe("0003" + "00000001" + "000174" + "00000001" + "00000002" + "ffffffff");
    expect(toHex(encodeSubscription({ topics: ["t"], ownedPartitions: [], generationId: -1, rackId: null }))).toBe(
      "0003" + "00000001" + "000174" + "00000004ffffffff" + "00000000" + "ffffffff" + "ffff",
    );
  });

  it("reads older versions, which say less, and later ones, which say more behind", () => {
    expect(decodeSubscription(written(0))).toEqual({ topics: ["a", "b"], ownedPartitions: [], generationId: -1, rackId: null });
    expect(decodeSubscription(written(1))).toEqual({ ...SUBSCRIPTION, generationId: -1, rackId: null });
    expect(decodeSubscription(written(2))).toEqual({ ...SUBSCRIPTION, rackId: null });
    expect(decodeSubscription(written(9))).toEqual(SUBSCRIPTION);
  });

  it("takes the generation of the sticky assignor's user data where the version has no other", () => {
    const bytes = fromHex("0001" + "00000001" + "000174" + "00000004" + "00000005" + "00000000");
    expect(decodeSubscription(bytes)).toMatchObject({ topics: ["t"], generationId: 5 });
  });

  it("reads a partition that a leader assigns twice as one", () => {
    const twice = [
      { topic: "a", partition: 1 },
      { topic: "b", partition: 0 },
      { topic: "a", partition: 1 },
    ];
    expect(decodeAssignment(encodeAssignment(twice))).toEqual(twice.slice(0, 2));
  });

  it("reads no bytes as no partitions, and bytes that are none of it as nothing", () => {
    expect(decodeAssignment(new Uint8Array(0))).toEqual([]);
    for (const hex of ["00", "ffff00000000", "0000000000ff", "00030000000100"]) {
      expect(decodeAssignment(fromHex(hex))).toBeUndefined();
      expect(decodeSubscription(fromHex(hex))).toBeUndefined();
    }
  });
});
