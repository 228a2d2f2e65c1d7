import { effectiveMinIsr, type MetadataImage, type PartitionImage } from "@samsa/metadata";
import type { NodeView } from "../cluster/cluster.ts";
import type { Ghost, Transition, UncleanElection } from "./ghost.ts";
import type { InvariantCheck, Report, Turn } from "./invariant-check.ts";

const UNCLEAN = "unclean.leader.election.enable";

/**
 * I-P6, over every committed metadata entry. ISR and ELR name who holds all committed records; a broker that comes back without its
 * page cache is in neither from its registration on. Nobody else leaves both while the ISR is below the minimum, for the high watermark
 * stands still then (KIP-966). So an election from outside of both is allowed only when all of them have lost their power, and of
 * the last known leader only, or where unclean elections are switched on or an operator has asked for one (KIP-460): then records may be
 * lost, and the ghost notes it.
 */
export class CleanElections implements InvariantCheck {
  readonly id = "I-P6";
  private readonly report: Report;

  constructor(report: Report) {
    this.report = report;
  }

  afterTurn(view: NodeView, ghost: Ghost, { effects }: Turn): void {
    for (const effect of effects) if (effect.type === "trace" && effect.event.kind === "vouched") ghost.unvouched.delete(view.id);
    for (const transition of ghost.transitions) this.checkTransition(transition, ghost);
  }

  private checkTransition({ before, after, records }: Transition, ghost: Ghost): void {
    const cacheless = new Set<number>(records.flatMap((record) => (record.type === "register-broker" && !record.pageCacheSurvived ? [record.brokerId] : [])));
    for (const id of cacheless) if (!ghost.unvouched.has(id)) this.report(this.id, `broker ${id} says that it lost its page cache, and its host has had power`);
    for (const topic of after.topics()) {
      const earlier = before.topicById(topic.topicId);
      if (earlier === undefined || (earlier === topic && records.every(({ type }) => type !== "register-broker" && type !== "broker-directories"))) continue;
      const isUncleanOn = isUncleanAllowed(after, topic.name);
      const minIsr = effectiveMinIsr(after, topic.name, topic.partitions[0]?.replicas.length ?? 1);
      for (const now of topic.partitions) {
        const old = earlier.partitions[now.partition];
        if (old === undefined) continue;
        const lossy = new Set([...cacheless, ...withoutDirectory(now, before, after)]);
        const name = `${topic.name}-${now.partition} at metadata index ${after.index}`;
        const key = `${topic.topicId}:${now.partition}`;
        const isAsked = ghost.uncleanAsked.has(key);
        if ((isUncleanOn || isAsked) && isUnclean({ old, now, lossy })) {
          noteUnclean(ghost, key, {
            leaderEpoch: now.leaderEpoch,
            because: `node ${now.leader} was elected uncleanly, which ${isUncleanOn ? `${UNCLEAN} of ${topic.name} allows` : "an operator asked for"}`,
          });
          continue;
        }
        this.checkEvidence(name, { old, now, lossy, minIsr });
        if (this.isAllowedToLose(name, { old, now, lossy })) {
          const because = `everybody in ISR and ELR had lost its power (min.insync.replicas is ${minIsr}), and node ${now.leader}, which had led last, was elected`;
          noteUnclean(ghost, key, { leaderEpoch: now.leaderEpoch, because });
        }
      }
    }
  }

  private checkEvidence(name: string, { old, now, lossy, minIsr }: Change & { readonly minIsr: number }): void {
    const held = [...old.isr, ...old.elr];
    const holding: readonly number[] = [...now.isr, ...now.elr];
    const kept = held.filter((id) => lossy.has(id) && holding.includes(id));
    if (kept.length > 0) this.report(this.id, `${name}: ${kept.join(", ")} came back without page cache and is still in ${describe(now)}`);
    const gone = held.filter((id) => !lossy.has(id) && !holding.includes(id));
    if (gone.length > 0 && now.isr.length < minIsr)
      this.report(this.id, `${name}: ${gone.join(", ")} left ${describe(old)} for ${describe(now)} below the minimum of ${minIsr}`);
  }

  /** True of an unclean election as it may be; one that should not have been is reported, and excuses nothing. */
  private isAllowedToLose(name: string, { old, now, lossy }: Change): boolean {
    if (!isUnclean({ old, now, lossy })) return false;
    const holders = [...old.isr, ...old.elr].filter((id) => !lossy.has(id));
    if (holders.length > 0) this.report(this.id, `${name}: ${now.leader} is elected while ${holders.join(", ")} of ${describe(old)} holds all records`);
    const last = old.leader >= 0 ? old.leader : old.lastKnownLeader;
    if (now.leader !== last) this.report(this.id, `${name}: ${now.leader} is elected uncleanly, and was not the last known leader ${last}`);
    return holders.length === 0 && now.leader === last;
  }
}

/** Brokers whose log directory with the replica has failed or is gone; where it lies was not told, and one of several is gone. */
function withoutDirectory(partition: PartitionImage, before: MetadataImage, after: MetadataImage): readonly number[] {
  return partition.replicas.filter((id) => {
    const [old, now] = [before.brokers.get(id), after.brokers.get(id)];
    const logDirs = now?.logDirs;
    if (logDirs === undefined) return false;
    const at = partition.directories?.find(({ brokerId }) => brokerId === id)?.directoryId;
    if (at !== undefined) return !logDirs.includes(at);
    return old?.brokerEpoch !== now?.brokerEpoch && old?.logDirs?.some((directoryId) => !logDirs.includes(directoryId)) === true;
  });
}

interface Change {
  readonly old: PartitionImage;
  readonly now: PartitionImage;
  /** Registered without their page cache in this very entry, or without the log directory of their replica since. */
  readonly lossy: ReadonlySet<number>;
}

/** Somebody leads who was in neither ISR nor ELR, or has lost what it held. */
const isUnclean = ({ old, now, lossy }: Change): boolean =>
  now.leader >= 0 && now.leader !== old.leader && (lossy.has(now.leader) || ![...old.isr, ...old.elr].includes(now.leader));

/** The nodes' files leave it off; a topic or the cluster may switch it on. */
const isUncleanAllowed = (image: MetadataImage, topic: string): boolean =>
  (image.topicConfig(topic).get(UNCLEAN) ?? image.brokerConfig("default").get(UNCLEAN)) === "true";

/** The first one counts until a leader of it or of a later one has begun. */
function noteUnclean(ghost: Ghost, key: string, election: UncleanElection): void {
  if (!ghost.uncleanElections.has(key)) ghost.uncleanElections.set(key, election);
}

const describe = ({ isr, elr }: PartitionImage): string => `ISR [${isr.join(", ")}] and ELR [${elr.join(", ")}]`;
