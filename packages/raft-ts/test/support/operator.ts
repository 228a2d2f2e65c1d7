import { isSameReplica, majorityOf, type VoterChange, type Voter } from "../../src/index.ts";
import type { Random } from "./random.ts";
import type { SimCluster } from "./sim-cluster.ts";

/** Of these first voters one keeps its disk for ever: were all of them new, they would take themselves for a new quorum. */
const ANCHOR = 1;

/** Changes voters, swaps disks, moves the leadership: what no sane operator does is not done, for no quorum survives it. */
export class Operator {
  private readonly cluster: SimCluster;
  private readonly random: Random;

  constructor(cluster: SimCluster, random: Random) {
    this.cluster = cluster;
    this.random = random;
  }

  /** The voters as the leader knows them. */
  get voters(): readonly Voter[] {
    const { leader } = this.cluster;
    return leader === undefined ? [] : (this.cluster.node(leader)?.voters ?? []);
  }

  /** The disk that the voter promised with is still there. */
  isIntact(voter: Voter): boolean {
    return isSameReplica(this.cluster.host(voter.id).key, voter);
  }

  /** Adds whoever observes, removes whoever votes, the leader and lost disks included, as long as a majority of the new voters has its disks. */
  drawChange(): VoterChange | undefined {
    const { voters, cluster, random } = this;
    const lost = voters.filter((voter) => !this.isIntact(voter));
    const outside = cluster.ids.filter((id) => voters.every((voter) => voter.id !== id));
    const added = outside.length > 0 ? cluster.host(random.pick(outside)).key : undefined;
    const removed = lost.length > 0 && random.chance(0.7) ? random.pick(lost) : voters.length > 0 ? random.pick(voters) : undefined;
    if (added !== undefined && random.chance(voters.length < 3 ? 0.8 : 0.4))
      return this.isSafe([...voters, { ...added, address: "" }]) ? { type: "add", voter: { ...added, address: `node${added.id}` } } : undefined;
    if (removed === undefined || !this.isSafe(voters.filter((voter) => voter !== removed))) return undefined;
    return { type: "remove", voter: removed };
  }

  change(change: VoterChange): void {
    const { leader } = this.cluster;
    if (leader === undefined) return;
    this.cluster.host(leader).request((node, nowUs) => {
      // A leader that slept may be asked when disks were lost meanwhile.
      const voters = change.type === "add" ? [...node.voters, change.voter] : node.voters.filter(({ id }) => id !== change.voter.id);
      if (this.isSafe(voters)) node.changeVoters(change, nowUs);
    });
  }

  transfer(): void {
    const { cluster, random, voters } = this;
    const { leader } = cluster;
    if (leader === undefined || voters.length === 0) return;
    const target = random.chance(0.3) ? undefined : random.pick(voters).id;
    cluster.host(leader).request((node, nowUs) => {
      if (node.transferLeadership(target, nowUs).ok) cluster.checker.marks.transfers++;
    });
  }

  resign(): void {
    const { leader } = this.cluster;
    if (leader !== undefined) this.cluster.host(leader).request((node, nowUs) => node.resign(nowUs));
  }

  /** The node dies, and returns with an empty disk, unless a majority of some voters would be lost with it. */
  wipe(id: number): boolean {
    const { cluster } = this;
    const sets = cluster.checker.setsInForce;
    const host = cluster.host(id);
    const isAnchored = (cluster.node(ANCHOR)?.syncedIndex ?? 0) > 0;
    const isSurvived = sets.length > 0 && sets.every((set) => this.isSafe(set, id));
    if (id === ANCHOR || !isAnchored || !isSurvived) return false;
    cluster.stop(id, "power-loss");
    host.wipe();
    cluster.checker.marks.wipes++;
    return true;
  }

  private isSafe(voters: readonly Voter[], but?: number): boolean {
    return voters.filter((voter) => voter.id !== but && this.isIntact(voter)).length >= majorityOf(voters.length);
  }
}
