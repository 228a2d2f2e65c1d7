import { type NodeId, offset } from "@samsa/stdx";
import type { Cluster, Node, Produced } from "./cluster.ts";
import { decodeRecords, type MemoryRecord } from "./memory-log.ts";

/** Watches a cluster from outside: whatever was once committed anywhere must stay. Names are those of the catalogue of invariants. */
export class ClusterChecker {
  private readonly cluster: Cluster;
  /** Offset → record, from when the first leader's high watermark passed it. */
  private readonly committed: MemoryRecord[] = [];
  private readonly byEpochAndOffset = new Map<string, number>();
  private readonly highWatermarks = new Map<string, number>();
  private readonly leaders = new Map<number, string>();
  private pending: Produced[] = [];
  private seen = 0;

  constructor(cluster: Cluster) {
    this.cluster = cluster;
    cluster.highWatermarkMoved = (node) => this.commit(node);
    for (const node of cluster.nodes) this.commit(node);
  }

  check(): void {
    for (const node of this.cluster.nodes) this.checkNode(node);
    for (const node of this.cluster.nodes) this.checkPrefix(node);
    this.checkCandidates();
    this.checkAcks();
  }

  checkHealed(): void {
    const { cluster } = this;
    const { image } = cluster.controller;
    const leader = cluster.node(image.leader);
    claim(image.isr.length === cluster.nodes.length, "all replicas are back in the ISR", { isr: image.isr });
    const before = leader.replica.highWatermark;
    claim(cluster.produce(image.leader, -1) !== undefined || cluster.minIsr > cluster.nodes.length, "the healed leader accepts records", {});
    for (let round = 0; round < 10; round++) cluster.round();
    this.check();
    claim(leader.replica.highWatermark === leader.log.appendedEnd && leader.replica.highWatermark > before, "all is committed", { before });
    for (const { id, log, replica } of cluster.nodes) {
      const isSame = JSON.stringify(log.all) === JSON.stringify(leader.log.all) && replica.highWatermark === leader.replica.highWatermark;
      claim(isSame, "all replicas are the same", { id, log: log.all, leader: leader.log.all });
    }
  }

  /** Nobody asks a replica for its deadline who was not told that it may have come nearer. */
  private checkDeadline(node: Node): void {
    const at = node.replica.nextDeadlineUs;
    if (node.hasDeadlineMoved && at !== undefined) node.plannedUs = Math.min(at, node.plannedUs ?? at);
    node.hasDeadlineMoved = false;
    claim(at === undefined || (node.plannedUs !== undefined && node.plannedUs <= at), "a deadline that came nearer was told", { id: node.id, at });
  }

  private checkNode(node: Node): void {
    if (node.isUp) this.checkDeadline(node);
    const { id, log, replica, incarnation } = node;
    this.checkMatching(node);
    if (!node.isUp) return;
    const hw = replica.highWatermark;
    claim(log.logStartOffset <= hw && hw <= log.writtenEnd, "I-P8: log start ≤ high watermark ≤ log end", { id, hw, end: log.writtenEnd });
    const key = `${id}/${incarnation}`;
    claim(hw >= (this.highWatermarks.get(key) ?? 0), "the high watermark never goes back", { id, hw });
    this.highWatermarks.set(key, hw);
    if (replica.role === "follower") this.checkConsumer(id);
    if (replica.role === "leader") this.checkLeader(node);
  }

  private checkLeader({ id, replica, log, incarnation }: Node): void {
    const { image } = this.cluster.controller;
    const known = this.leaders.get(replica.leaderEpoch) ?? `${id}/${incarnation}`;
    claim(known === `${id}/${incarnation}`, "I-P7: one leader for an epoch", { epoch: replica.leaderEpoch, id });
    const isNew = !this.leaders.has(replica.leaderEpoch);
    this.leaders.set(replica.leaderEpoch, known);
    if (isNew && replica.leaderEpoch === image.leaderEpoch) {
      claim(log.appendedEnd >= this.committed.length, "I-P2: an elected leader has all that is committed", {
        id,
        end: log.appendedEnd,
        committed: this.committed.length,
      });
    }
    if (replica.leaderEpoch === image.leaderEpoch) {
      const isCovered = image.isr.every((member) => replica.maximalIsr.includes(member));
      claim(isCovered, "I-P5: the ISR an election is held in is part of the maximal ISR", { isr: image.isr, maximal: replica.maximalIsr });
    }
    this.checkConsumer(id);
  }

  private commit({ id, replica, log }: Node): void {
    if (replica.role !== "leader") return;
    const hadBefore = this.committed.length;
    for (let at = this.committed.length; at < replica.highWatermark; at++) {
      const record = log.at(at);
      claim(record !== undefined, "a committed record exists", { id, at });
      this.committed.push(record);
    }
    if (this.committed.length > hadBefore) claim(!replica.isUnderMinIsr, "I-P10: nothing is committed under the minimum ISR", { id, isr: replica.isr });
  }

  private checkConsumer(id: NodeId): void {
    const { replica, log } = this.cluster.node(id);
    const request = {
      currentLeaderEpoch: replica.leaderEpoch,
      fetchOffset: log.logStartOffset,
      lastFetchedEpoch: log.epochBefore(offset(0)),
      isReadCommitted: false,
      maxBytes: 1e6,
      mayReadFromFollower: true,
    };
    const outcome = replica.fetchAsConsumer(request, this.cluster.now);
    claim(outcome.type === "records" || replica.role !== "leader", "a leader serves its consumers", { id, outcome });
    if (outcome.type !== "records") return;
    claim(outcome.read.endOffset <= replica.highWatermark, "I-P9: nothing above the high watermark is shown", { id, outcome });
    const records = outcome.read.parts.flatMap((part) => (part instanceof Uint8Array ? decodeRecords(part) : []));
    const isCommitted = records.every((record) => this.committed[record.offset]?.value === record.value);
    claim(isCommitted && records.length <= this.committed.length, "I-P9: consumers see what is committed", { id, records });
  }

  /** I-P1: below its high watermark every replica has what was committed. */
  private checkPrefix({ id, isUp, log, replica }: Node): void {
    if (!isUp) return;
    for (let at = log.logStartOffset as number; at < replica.highWatermark; at++) {
      const record = log.at(at);
      const expected = this.committed[at];
      claim(record?.value === expected?.value && record?.epoch === expected?.epoch, "I-P1: what is committed never changes", { id, at, record, expected });
    }
  }

  /** I-P4: equal epoch and offset, equal record; epochs never fall along a log. */
  private checkMatching({ id, log }: Node): void {
    let epoch = 0;
    for (const record of log.all) {
      const key = `${record.epoch}@${record.offset}`;
      const value = this.byEpochAndOffset.get(key) ?? record.value;
      claim(value === record.value && record.epoch >= epoch, "I-P4: equal offset and epoch, equal record", { id, record, value });
      this.byEpochAndOffset.set(key, value);
      epoch = record.epoch;
    }
  }

  /** I-P3: whoever may be elected has all that is committed. */
  private checkCandidates(): void {
    const { cluster } = this;
    for (const id of cluster.controller.image.isr) {
      const { log } = cluster.node(id);
      const differing = this.committed.find((record) => log.at(record.offset)?.value !== record.value);
      claim(differing === undefined || differing.offset < log.logStartOffset, "I-P3: a member of the ISR has all that is committed", {
        id,
        differing,
        end: log.appendedEnd,
      });
    }
  }

  /** I-P10: acks=all comes when enough replicas have the record, and then it is committed. */
  private checkAcks(): void {
    const { produced, nodes, minIsr } = this.cluster;
    this.pending.push(...produced.slice(this.seen));
    this.seen = produced.length;
    this.pending = this.pending.filter((wait) => {
      const node = this.cluster.node(wait.by);
      if (!node.isUp || node.incarnation !== wait.incarnation) return false;
      const status = node.replica.ackStatus(wait);
      if (status === "pending") return true;
      if (status !== "done" || wait.acks !== -1) return false;
      const holders = nodes.filter(({ log }) => log.at(wait.endOffset - 1)?.value === wait.value);
      const lossy = nodes.filter(({ hasLostPower }) => hasLostPower);
      claim(holders.length + lossy.length >= Math.min(minIsr, nodes.length), "I-P10: as many replicas as promised hold what was acknowledged", { wait });
      claim(this.committed[wait.endOffset - 1]?.value === wait.value, "I-P10: what was acknowledged is committed", { wait });
      return false;
    });
  }
}

function claim(condition: boolean, text: string, context: Readonly<Record<string, unknown>>): asserts condition {
  if (!condition) throw new Error(`${text} ${JSON.stringify(context)}`);
}
