import { ErrorCode, newMetadataResponse, newMetadataResponseBroker, newMetadataResponsePartition, newMetadataResponseTopic } from "@samsa/protocol";
import type { MetadataResponse } from "@samsa/protocol";
import { uuid } from "@samsa/stdx";
import { describe, expect, it } from "vitest";
import { ClusterMetadata } from "../src/index.ts";

const ID = uuid("AAAAAAAAAAAAAAAAAAAAAQ");
const OTHER_ID = uuid("AAAAAAAAAAAAAAAAAAAAAg");

const metadataOf = (leaderId: number, leaderEpoch: number, topicId = ID): MetadataResponse =>
  newMetadataResponse({
    brokers: [newMetadataResponseBroker({ nodeId: 1, host: "a", port: 1 })],
    topics: [newMetadataResponseTopic({ name: "t", topicId, partitions: [newMetadataResponsePartition({ leaderId, leaderEpoch })] })],
  });

describe("what a client knows of its cluster", () => {
  it("never goes back to an older leader epoch", () => {
    const metadata = new ClusterMetadata();
    metadata.apply(metadataOf(1, 5));
    expect(metadata.apply(metadataOf(2, 4))).toBe(false);
    expect(metadata.leaderOf("t", 0)).toEqual({ leader: 1, epoch: 5 });
  });

  it("lacks a leader as long as nobody tells of a newer one, whoever names the one of before", () => {
    const metadata = new ClusterMetadata();
    expect(metadata.isWhole("t")).toBe(false);
    metadata.apply(metadataOf(1, 5));
    expect(metadata.isWhole("t")).toBe(true);
    metadata.apply(metadataOf(-1, 6));
    metadata.apply(metadataOf(1, 5));
    expect(metadata.isWhole("t")).toBe(false);
    metadata.apply(metadataOf(1, 7));
    expect(metadata.isWhole("t")).toBe(true);
  });

  it("begins anew with a topic that was created again under its name", () => {
    const metadata = new ClusterMetadata();
    metadata.apply(metadataOf(1, 5));
    metadata.apply(metadataOf(2, 0, OTHER_ID));
    expect(metadata.leaderOf("t", 0)).toEqual({ leader: 2, epoch: 0 });
  });

  it("never goes back to the topic that another has taken the place of", () => {
    const metadata = new ClusterMetadata();
    metadata.apply(metadataOf(1, 5));
    metadata.apply(metadataOf(2, 0, OTHER_ID));
    expect(metadata.apply(metadataOf(1, 5))).toBe(false);
    expect([metadata.topicId("t"), metadata.leaderOf("t", 0)]).toEqual([OTHER_ID, { leader: 2, epoch: 0 }]);
  });

  it("takes a topic for deleted when several answers in a row say so, and not for one of a broker that knows less", () => {
    const metadata = new ClusterMetadata();
    const absent = newMetadataResponse({ topics: [newMetadataResponseTopic({ name: "t", errorCode: ErrorCode.UNKNOWN_TOPIC_OR_PARTITION })] });
    expect(metadata.partitionCountOf("t")).toBeUndefined();
    metadata.apply(metadataOf(1, 5));
    for (let i = 0; i < 2; i++) metadata.apply(absent);
    metadata.apply(metadataOf(1, 5));
    for (let i = 0; i < 2; i++) metadata.apply(absent);
    expect(metadata.partitionCountOf("t")).toBe(1);
    const { revision } = metadata;
    metadata.apply(absent);
    expect([metadata.partitionCountOf("t"), metadata.revision > revision]).toEqual([0, true]);
    metadata.apply(metadataOf(1, 5));
    expect(metadata.partitionCountOf("t")).toBe(1);
  });

  it("takes a hint only if it is newer and says where the leader is", () => {
    const metadata = new ClusterMetadata();
    metadata.apply(metadataOf(1, 5));
    const hint = { topic: "t", partition: 0, leader: 2, epoch: 6, endpoint: { host: "b", port: 2 } };
    expect(metadata.applyHint({ ...hint, epoch: 5 })).toBe(false);
    expect(metadata.applyHint({ ...hint, endpoint: undefined })).toBe(false);
    expect(metadata.applyHint(hint)).toBe(true);
    expect(metadata.leaderOf("t", 0)).toEqual({ leader: 2, epoch: 6 });
    expect(metadata.brokers.get(2)).toEqual({ host: "b", port: 2 });
  });
});
