import type { QuorumStatus, ReplicaStatus } from "@samsa/controller";
import { type DescribeQuorumRequest, type DescribeQuorumResponse, ErrorCode, type ErrorName, errors } from "@samsa/protocol";
import { type Now, uuid, ZERO_UUID } from "@samsa/stdx";
import type { BrokerServices } from "../broker-services.ts";
import type { ApiHandler } from "../request-context.ts";

type TopicResult = DescribeQuorumResponse["topics"][number];
type ReplicaResult = TopicResult["partitions"][number]["currentVoters"][number];
type Node = DescribeQuorumResponse["nodes"][number];

const METADATA_TOPIC = "__cluster_metadata";
const CONTROL_LISTENER = "CONTROLLER";
const FIRST_VERSION_WITH_DIRECTORIES = 2;

/** DescribeQuorum 0–2, of the one quorum there is; its leader describes it, when a majority has confirmed that it leads. */
export function describeQuorumHandler(services: BrokerServices): ApiHandler<"DescribeQuorum"> {
  return {
    api: "DescribeQuorum",
    handle(request, context, now) {
      const answer = (error: ErrorName, topics: readonly TopicResult[], nodes: readonly Node[] = []): void =>
        context.respond({ errorCode: ErrorCode[error], errorMessage: error === "NONE" ? "" : errors[error].message, topics, nodes });
      if (!isMetadataPartition(request)) return answer("NONE", request.topics.map(unknownTopic));
      services.forwarded.ask(
        { type: "describe-quorum" },
        context,
        (outcome, at) => {
          const status = outcome.type === "replied" ? outcome.reply.status : null;
          const isWhole = context.apiVersion >= FIRST_VERSION_WITH_DIRECTORIES;
          if (status !== null) answer("NONE", [describe(isWhole ? status : withoutDirectories(status), at)], isWhole ? status.voters.map(nodeOf) : []);
          else answer(outcome.type === "refused" ? outcome.error : "UNKNOWN_SERVER_ERROR", []);
        },
        now,
      );
    },
  };
}

function isMetadataPartition({ topics }: DescribeQuorumRequest): boolean {
  const [topic, ...more] = topics;
  return more.length === 0 && topic?.topicName === METADATA_TOPIC && topic.partitions.length === 1 && topic.partitions[0]?.partitionIndex === 0;
}

const unknownTopic = ({ topicName, partitions }: DescribeQuorumRequest["topics"][number]): TopicResult => ({
  topicName,
  partitions: partitions.map(({ partitionIndex }) => ({
    partitionIndex,
    errorCode: ErrorCode.UNKNOWN_TOPIC_OR_PARTITION,
    errorMessage: errors.UNKNOWN_TOPIC_OR_PARTITION.message,
    leaderId: 0,
    leaderEpoch: 0,
    highWatermark: 0,
    currentVoters: [],
    observers: [],
  })),
});

function describe({ leader, leaderEpoch, highWatermark, voters, observers }: QuorumStatus, now: Now): TopicResult {
  const partition = {
    partitionIndex: 0,
    errorCode: 0,
    errorMessage: "",
    leaderId: leader,
    leaderEpoch,
    highWatermark,
    currentVoters: voters.map((voter) => replicaOf(voter, now)),
    observers: observers.map((observer) => replicaOf(observer, now)),
  };
  return { topicName: METADATA_TOPIC, partitions: [partition] };
}

function withoutDirectories(status: QuorumStatus): QuorumStatus {
  const without = (replica: ReplicaStatus): ReplicaStatus => ({ ...replica, directoryId: "" });
  return { ...status, voters: status.voters.map(without), observers: status.observers.map(without) };
}

/** A directory that is not known yet has no id: Kafka's zero. */
const replicaOf = ({ id, directoryId, endIndex, lastFetchAgoMs, lastCaughtUpAgoMs }: ReplicaStatus, { wallMs }: Now): ReplicaResult => ({
  replicaId: id,
  replicaDirectoryId: directoryId === "" ? ZERO_UUID : uuid(directoryId),
  logEndOffset: endIndex,
  lastFetchTimestamp: wallMs - lastFetchAgoMs,
  lastCaughtUpTimestamp: wallMs - lastCaughtUpAgoMs,
});

/** `host:port`, of which the host may have colons of its own. */
function nodeOf({ id, address }: ReplicaStatus): Node {
  const at = address.lastIndexOf(":");
  const host = address.slice(0, at).replace(/^\[(.*)\]$/, "$1");
  return { nodeId: id, listeners: [{ name: CONTROL_LISTENER, host, port: Number(address.slice(at + 1)) }] };
}
