import { readFileSync } from "node:fs";
import { fromHex, toHex } from "@samsa/stdx";
import { describe, expect, it } from "vitest";
import { ASSIGNORS, decodeAssignment, decodeSubscription, encodeAssignment, type SubscribedMember } from "../../src/index.ts";

interface Golden {
  readonly assignments: readonly {
    readonly counts: Readonly<Record<string, number>>;
    /** Id, instance, topics. */
    readonly members: readonly (readonly [string, string | null, readonly string[]])[];
    readonly range: Readonly<Record<string, readonly string[]>>;
    readonly roundrobin: Readonly<Record<string, readonly string[]>>;
  }[];
  /** By version, in hex; the last one is of a consumer that owns nothing and has no rack. */
  readonly subscriptions: readonly (readonly [number, string])[];
  readonly assignmentBytes: string;
}

/** What `RangeAssignor`, `RoundRobinAssignor` and `ConsumerProtocol` of Apache Kafka 4.3.0's Java client made of the same. */
const GOLDEN = JSON.parse(readFileSync(new URL("java-assignors.json", import.meta.url), "utf8")) as Golden;

const OWNED = [
  { topic: "orders", partition: 0 },
  { topic: "orders", partition: 2 },
  { topic: "payments", partition: 1 },
];

describe("a group whose leader is another client is shared out the same", () => {
  it.each(GOLDEN.assignments.map((one, index) => [index, one] as const))("as by Java's assignors (%i)", (_index, golden) => {
    const members = golden.members.map(([memberId, instanceId, topics]): SubscribedMember => ({
      memberId,
      instanceId,
      topics,
      ownedPartitions: [],
      generationId: -1,
      rackId: null,
    }));
    const counts = new Map(Object.entries(golden.counts));
    for (const name of ["range", "roundrobin"] as const) {
      const assigned = Array.from(ASSIGNORS[name].assign(members, counts), ([memberId, partitions]) => [
        memberId,
        partitions.map(({ topic, partition }) => `${topic}-${partition}`).sort(),
      ]);
      const expected = Object.entries(golden[name]).map(([memberId, partitions]) => [memberId, [...partitions].sort()]);
      expect([name, Object.fromEntries(assigned)]).toEqual([name, Object.fromEntries(expected)]);
    }
  });
});

describe("the bytes of Java's consumer protocol", () => {
  it.each(GOLDEN.subscriptions.slice(0, -1))("are read in version %i", (version, hex) => {
    expect(decodeSubscription(fromHex(hex))).toEqual({
      topics: ["orders", "payments"],
      ownedPartitions: version >= 1 ? OWNED : [],
      // Versions without a field for it have it from the sticky assignor's user data.
      generationId: 5,
      rackId: version >= 3 ? "here" : null,
    });
  });

  it("are read where a member owns nothing, and assignments are written just so", () => {
    const hex = GOLDEN.subscriptions.at(-1)?.[1] ?? "";
    expect(decodeSubscription(fromHex(hex))).toEqual({ topics: ["orders"], ownedPartitions: [], generationId: -1, rackId: null });
    expect(toHex(encodeAssignment(OWNED))).toBe(GOLDEN.assignmentBytes);
    expect(decodeAssignment(fromHex(GOLDEN.assignmentBytes))).toEqual(OWNED);
  });
});
