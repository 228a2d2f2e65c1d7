import type { QuorumStatus, ReplicaStatus } from "@samsa/controller";
import type { Now } from "@samsa/stdx";
import type { PeerProgress, RaftNode } from "raft-ts";

/** What a node that does not lead can say: whom to ask. */
export function redirection(raft: RaftNode | undefined, clusterId: string): QuorumStatus {
  const voters = (raft?.voters ?? []).map(({ id, directoryId, address }) => ({ ...NOTHING, id, directoryId, address }));
  return {
    clusterId,
    leader: raft?.leader ?? -1,
    leaderEpoch: raft?.term ?? 0,
    isLeader: false,
    highWatermark: 0,
    snapshotIndex: 0,
    voters,
    observers: [],
  };
}

/** Only after a read index: a leader that was paused would describe a quorum that is no more. */
export function quorumStatus(raft: RaftNode, clusterId: string, now: Now): QuorumStatus {
  const { lastIndex, leader } = raft;
  const progress = new Map(raft.progress.map((one) => [one.id, one]));
  const seen = ({ matchIndex, lastHeardUs, lastCaughtUpUs }: PeerProgress) => ({
    endIndex: matchIndex,
    lag: Math.max(0, lastIndex - matchIndex),
    lastFetchAgoMs: agoMs(lastHeardUs, now),
    lastCaughtUpAgoMs: agoMs(lastCaughtUpUs, now),
  });
  const voters = raft.voters.map(({ id, directoryId, address }): ReplicaStatus => {
    const own = { ...NOTHING, id, directoryId, address };
    if (id === leader) return { ...own, status: "leader", endIndex: lastIndex };
    const one = progress.get(id);
    return one === undefined ? own : { ...own, ...seen(one) };
  });
  const observers = raft.observers.map((one): ReplicaStatus => ({ ...NOTHING, id: one.id, directoryId: one.directoryId, status: "observer", ...seen(one) }));
  const { term: leaderEpoch, commitIndex: highWatermark, snapshot } = raft;
  return { clusterId, leader, leaderEpoch, isLeader: true, highWatermark, snapshotIndex: snapshot?.index ?? 0, voters, observers };
}

const NOTHING = { address: "", status: "follower", endIndex: 0, lag: 0, lastFetchAgoMs: 0, lastCaughtUpAgoMs: 0 } as const;

const agoMs = (thenUs: number, now: Now): number => Math.max(0, Math.round((now.monotonicUs - thenUs) / 1000));
