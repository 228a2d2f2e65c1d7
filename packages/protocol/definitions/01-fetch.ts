import { type ApiDescription, arrayOf, struct } from "../generate/description.ts";
import { leaderIdAndEpoch, nodeEndpoint } from "./shared-structs.ts";

/** Consumers and followers read with the same request; a follower says who it is by a replica id ≥ 0. */
export const fetch: ApiDescription = {
  key: 1,
  name: "Fetch",
  listeners: ["broker", "controller"],
  versions: "4-18",
  flexible: "12+",
  history: {
    "4": "Isolation level, last stable offset, aborted transactions (KIP-98).",
    "5": "Log start offset, both ways.",
    "7": "Fetch sessions (KIP-227).",
    "9": "The fetcher's leader epoch (KIP-320).",
    "10": "Batches may be compressed with zstd (KIP-110).",
    "11": "Rack of the consumer, preferred read replica (KIP-392).",
    "12": "Flexible; last fetched epoch, diverging epoch, current leader (KIP-595).",
    "13": "Topic ids instead of names; UNKNOWN_TOPIC_ID may be returned (KIP-516).",
    "14": "OFFSET_MOVED_TO_TIERED_STORAGE may be returned (KIP-405).",
    "15": "Replica state with the replica's epoch in place of the replica id (KIP-903).",
    "16": "Response: endpoints of current leaders (KIP-951).",
    "17": "Directory id of the follower (KIP-853).",
    "18": "High watermark that the follower knows (KIP-1166).",
  },
  request: [
    { name: "clusterId", type: "string", versions: "12+", nullable: "12+", tag: 0, default: null, ignorable: true },
    {
      name: "replicaId",
      type: "int32",
      versions: "0-14",
      default: -1,
      entity: "brokerId",
      about: "Of a follower; −1 for a consumer. From version 15 on in `replicaState`.",
    },
    {
      name: "replicaState",
      versions: "15+",
      tag: 1,
      type: struct("ReplicaState", [
        { name: "replicaId", type: "int32", versions: "15+", default: -1, entity: "brokerId", about: "Of a follower; −1 for a consumer." },
        { name: "replicaEpoch", type: "int64", versions: "15+", default: -1, about: "The follower's broker epoch; −1 when it has none." },
      ]),
    },
    { name: "maxWaitMs", type: "int32", versions: "0+", about: "How long the broker may wait for `minBytes`." },
    { name: "minBytes", type: "int32", versions: "0+" },
    {
      name: "maxBytes",
      type: "int32",
      versions: "3+",
      default: 0x7fff_ffff,
      ignorable: true,
      about: "A first batch that is larger is returned nevertheless (KIP-74).",
    },
    { name: "isolationLevel", type: "int8", versions: "4+", default: 0, ignorable: true, about: "0 read uncommitted, 1 read committed." },
    { name: "sessionId", type: "int32", versions: "7+", default: 0, ignorable: true },
    { name: "sessionEpoch", type: "int32", versions: "7+", default: -1, ignorable: true, about: "Orders the requests of a session; −1: no session." },
    {
      name: "topics",
      versions: "0+",
      type: arrayOf(
        struct("FetchTopic", [
          { name: "topic", type: "string", versions: "0-12", ignorable: true, entity: "topicName" },
          { name: "topicId", type: "uuid", versions: "13+", ignorable: true },
          {
            name: "partitions",
            versions: "0+",
            type: arrayOf(
              struct("FetchPartition", [
                { name: "partition", type: "int32", versions: "0+" },
                {
                  name: "currentLeaderEpoch",
                  type: "int32",
                  versions: "9+",
                  default: -1,
                  ignorable: true,
                  about: "That the fetcher believes in; −1: not checked.",
                },
                { name: "fetchOffset", type: "int64", versions: "0+", isUnbounded: true },
                { name: "lastFetchedEpoch", type: "int32", versions: "12+", default: -1, about: "Epoch of the last record that the fetcher has; −1: none." },
                { name: "logStartOffset", type: "int64", versions: "5+", default: -1, ignorable: true, about: "Of a follower." },
                { name: "partitionMaxBytes", type: "int32", versions: "0+" },
                { name: "replicaDirectoryId", type: "uuid", versions: "17+", tag: 0, ignorable: true },
                {
                  name: "highWatermark",
                  type: "int64",
                  versions: "18+",
                  tag: 1,
                  default: Number.MAX_SAFE_INTEGER,
                  isUnbounded: true,
                  ignorable: true,
                  about: "That the follower knows; −1: none yet; `Number.MAX_SAFE_INTEGER`: the fetcher does not take part.",
                },
              ]),
            ),
          },
        ]),
      ),
    },
    {
      name: "forgottenTopicsData",
      versions: "7+",
      about: "What an incremental fetch takes out of its session.",
      type: arrayOf(
        struct("ForgottenTopic", [
          { name: "topic", type: "string", versions: "7-12", ignorable: true, entity: "topicName" },
          { name: "topicId", type: "uuid", versions: "13+", ignorable: true },
          { name: "partitions", type: arrayOf("int32"), versions: "7+" },
        ]),
      ),
    },
    { name: "rackId", type: "string", versions: "11+", default: "", ignorable: true },
  ],
  response: [
    { name: "throttleTimeMs", type: "int32", versions: "1+", ignorable: true },
    { name: "errorCode", type: "int16", versions: "7+", ignorable: true },
    { name: "sessionId", type: "int32", versions: "7+", default: 0, about: "0: not part of a session." },
    {
      name: "responses",
      versions: "0+",
      type: arrayOf(
        struct("FetchableTopicResponse", [
          { name: "topic", type: "string", versions: "0-12", ignorable: true, entity: "topicName" },
          { name: "topicId", type: "uuid", versions: "13+", ignorable: true },
          {
            name: "partitions",
            versions: "0+",
            type: arrayOf(
              struct("FetchPartitionData", [
                { name: "partitionIndex", type: "int32", versions: "0+" },
                { name: "errorCode", type: "int16", versions: "0+" },
                { name: "highWatermark", type: "int64", versions: "0+" },
                { name: "lastStableOffset", type: "int64", versions: "4+", default: -1, ignorable: true, about: "Every transaction below it is decided." },
                { name: "logStartOffset", type: "int64", versions: "5+", default: -1, ignorable: true },
                {
                  name: "divergingEpoch",
                  versions: "12+",
                  tag: 0,
                  about: "The largest epoch of the leader not above `lastFetchedEpoch` and its end: the fetcher's records beyond that diverge.",
                  type: struct("EpochEndOffset", [
                    { name: "epoch", type: "int32", versions: "12+", default: -1 },
                    { name: "endOffset", type: "int64", versions: "12+", default: -1 },
                  ]),
                },
                { name: "currentLeader", type: leaderIdAndEpoch, versions: "12+", tag: 1 },
                {
                  name: "snapshotId",
                  versions: "12+",
                  tag: 2,
                  about: "Metadata quorum: what to fetch instead of a log that begins later.",
                  type: struct("SnapshotId", [
                    { name: "endOffset", type: "int64", versions: "0+", default: -1 },
                    { name: "epoch", type: "int32", versions: "0+", default: -1 },
                  ]),
                },
                {
                  name: "abortedTransactions",
                  versions: "4+",
                  nullable: "4+",
                  ignorable: true,
                  type: arrayOf(
                    struct("AbortedTransaction", [
                      { name: "producerId", type: "int64", versions: "4+", entity: "producerId" },
                      { name: "firstOffset", type: "int64", versions: "4+" },
                    ]),
                  ),
                },
                { name: "preferredReadReplica", type: "int32", versions: "11+", default: -1, entity: "brokerId" },
                { name: "records", type: "records", versions: "0+", nullable: "0+", about: "Whole batches; the last one may be cut off." },
              ]),
            ),
          },
        ]),
      ),
    },
    { name: "nodeEndpoints", type: arrayOf(nodeEndpoint), versions: "16+", tag: 0, about: "Endpoints of the leaders named above." },
  ],
};
