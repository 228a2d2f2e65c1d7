import type { RaftNode } from "../../src/index.ts";
import type { Operator } from "./operator.ts";
import type { Random } from "./random.ts";
import type { SimCluster } from "./sim-cluster.ts";
import { Violation } from "./violation.ts";

const POLL_US = 20_000;

/** Healed, a quorum elects a leader and commits a new proposal on every node, observers included (I-L1). */
export function demandProgress(cluster: SimCluster): void {
  cluster.heal();
  for (const id of cluster.ids) {
    cluster.host(id).resumeDisk();
    cluster.start(id);
  }
  const { marks, snapshotsSent } = cluster.checker;
  const { elections } = marks;
  snapshotsSent.clear();
  demand(cluster, "I-L1 a leader that all follow", () => hasLeader(cluster));
  demand(cluster, "I-L1 a proposal is taken", () => proposes(cluster));
  demand(cluster, "I-L1 what is committed is everywhere", () => isSettled(cluster));
  // Each leader may begin anew.
  for (const [name, times] of snapshotsSent)
    if (times > 2 + marks.elections - elections) throw new Violation("I-L3 a snapshot is not sent over and over", `${name}: ${times} times`);
}

/** What operators want of a healthy quorum is done, and costs no term that need not be (I-L2, I-L4). */
export function demandOperations(cluster: SimCluster, operator: Operator, random: Random): void {
  replaceLostDisks(cluster, operator);
  changeVoters(cluster, operator, random);
  demandTransfer(cluster, operator, random);
  demandRead(cluster);
  demandCalm(cluster, operator, random);
  demandCheckQuorum(cluster, operator);
}

function replaceLostDisks(cluster: SimCluster, operator: Operator): void {
  const lost = operator.voters.filter((voter) => !operator.isIntact(voter));
  for (const voter of lost) {
    demandChange(cluster, "I-L2 a lost disk is removed", { isDone: () => !isVoter(operator, voter.id), act: () => operator.change({ type: "remove", voter }) });
    const added = { ...cluster.host(voter.id).key, address: voter.address };
    demandChange(cluster, "I-L2 a new disk is added", { isDone: () => isVoter(operator, voter.id), act: () => operator.change({ type: "add", voter: added }) });
  }
}

function changeVoters(cluster: SimCluster, operator: Operator, random: Random): void {
  const outside = cluster.ids.filter((id) => !isVoter(operator, id));
  if (outside.length > 0) {
    const voter = { ...cluster.host(random.pick(outside)).key, address: "" };
    demandChange(cluster, "I-L2 an observer becomes a voter", {
      isDone: () => isVoter(operator, voter.id),
      act: () => operator.change({ type: "add", voter }),
    });
  }
  if (operator.voters.length < 2) return;
  const removed = random.pick(operator.voters);
  demandChange(cluster, "I-L2 a voter is removed", {
    isDone: () => !isVoter(operator, removed.id),
    act: () => operator.change({ type: "remove", voter: removed }),
  });
}

function demandTransfer(cluster: SimCluster, operator: Operator, random: Random): void {
  const others = operator.voters.filter(({ id }) => id !== cluster.leader);
  if (others.length === 0) return;
  const target = random.pick(others).id;
  const term = termOf(cluster);
  demand(cluster, "I-L2 the leadership is handed over", () => {
    if (cluster.leader === target) return true;
    const { leader } = cluster;
    if (leader !== undefined) cluster.host(leader).request((node, nowUs) => void node.transferLeadership(target, nowUs));
    return false;
  });
  cluster.checker.marks.transfers++;
  demand(cluster, "I-L1 a leader that all follow", () => hasLeader(cluster));
  // Where a vote takes a good part of the election timeout, the others' patience ends before it is counted.
  const isBrisk = 20 * (cluster.syncMaxUs + cluster.network.latencyMaxUs) <= cluster.electionTimeoutUs;
  if (isBrisk && termOf(cluster) > term + 1)
    throw new Violation("I-L4 terms of a healthy quorum", `a transfer took ${termOf(cluster) - term} terms: ${describe(cluster)}`);
}

function demandRead(cluster: SimCluster): void {
  const before = cluster.checker.marks.reads;
  cluster.read(cluster.leader);
  demand(cluster, "a read is answered", () => cluster.checker.marks.reads > before);
}

/** One that was cut off for long comes back and deposes nobody (R14). */
function demandCalm(cluster: SimCluster, operator: Operator, random: Random): void {
  const { leader, electionTimeoutUs } = cluster;
  const others = cluster.ids.filter((id) => id !== leader);
  if (leader === undefined || others.length === 0) return;
  const term = termOf(cluster);
  const cutOff = random.pick(others);
  // Two voters need both.
  const keepsQuorum = !isVoter(operator, cutOff) || operator.voters.length > 2;
  if (keepsQuorum) cluster.cut([cutOff]);
  cluster.run(4 * electionTimeoutUs);
  cluster.heal();
  cluster.run(3 * electionTimeoutUs);
  if (cluster.leader !== leader || termOf(cluster) !== term)
    throw new Violation("I-L4 terms of a healthy quorum", `${leader} led ${term}, ${cutOff} came back: ${describe(cluster)}`);
}

/** A leader that hears from no majority leads no more, and the others have another (R15, I-L5). */
function demandCheckQuorum(cluster: SimCluster, operator: Operator): void {
  const { leader, electionTimeoutUs } = cluster;
  if (leader === undefined) return;
  const isAlone = operator.voters.length === 1;
  cluster.cut([leader]);
  cluster.run(2 * electionTimeoutUs);
  if ((cluster.node(leader)?.role === "leader") !== isAlone)
    throw new Violation("I-L5 check-quorum", `${leader} is cut off from ${operator.voters.length - 1} voters: ${describe(cluster)}`);
  cluster.heal();
  demand(cluster, "I-L1 a leader that all follow", () => hasLeader(cluster));
}

function demandChange(cluster: SimCluster, property: string, { isDone, act }: { readonly isDone: () => boolean; readonly act: () => void }): void {
  demand(cluster, property, () => {
    if (isDone() && hasLeader(cluster)) return true;
    if (!isDone()) act();
    return false;
  });
  demand(cluster, `${property}, for good`, () => isSettled(cluster));
}

/** Within ten election timeouts, what a paused process sleeps on, and what the backlog takes over a slow disk, one entry at a time. */
function demand(cluster: SimCluster, property: string, isDone: () => boolean): void {
  const backlog = Math.max(...cluster.running.map((node) => node.lastIndex - node.base.index));
  const untilUs = cluster.queue.nowUs + 14 * cluster.electionTimeoutUs + 1_000_000 + 3 * (cluster.syncMaxUs + cluster.network.latencyMaxUs) * backlog;
  while (cluster.queue.nowUs < untilUs) {
    if (isDone()) return;
    cluster.run(POLL_US);
  }
  throw new Violation(property, describe(cluster));
}

function proposes(cluster: SimCluster): boolean {
  const { proposals } = cluster.checker.marks;
  cluster.propose(cluster.leader, "healed");
  return cluster.checker.marks.proposals > proposals;
}

const isVoter = (operator: Operator, id: number): boolean => operator.voters.some((voter) => voter.id === id);
const termOf = (cluster: SimCluster): number => Math.max(...cluster.running.map((node) => node.term));
const hasLeader = (cluster: SimCluster): boolean => cluster.leader !== undefined && cluster.running.every((node) => node.leader === cluster.leader);

function isSettled(cluster: SimCluster): boolean {
  const last = cluster.leader === undefined ? undefined : cluster.node(cluster.leader)?.lastIndex;
  return cluster.running.every((node) => node.commitIndex === last && node.lastIndex === last);
}

const describe = (cluster: SimCluster): string => cluster.running.map(describeNode).join("; ");
const describeNode = (node: RaftNode): string => `${node.role} term ${node.term} leader ${node.leader} commit ${node.commitIndex}/${node.lastIndex}`;
