import { effectiveMinIsr, imageHash, type MetadataImage } from "@samsa/metadata";
import { appliedImage, type NodeView } from "../cluster/cluster.ts";
import type { Ghost } from "./ghost.ts";
import type { InvariantCheck, Report } from "./invariant-check.ts";

/**
 * I-P14: no fenced broker is in an ISR, leaders are in the ISR, an ELR exists only below min ISR. I-M2: every node's image at an
 * index is what replaying all entries up to there gives, also where a snapshot made it and no other node was seen there. I-M1: nothing is applied that is not committed.
 */
export class ControllerView implements InvariantCheck {
  readonly id = "I-P14";
  readonly looksAtQuorumOnly = true;
  private readonly report: Report;
  private readonly hashes = new Map<number, string>();

  constructor(report: Report) {
    this.report = report;
  }

  afterTurn(view: NodeView, ghost: Ghost): void {
    for (const { after } of ghost.transitions) {
      this.checkPartitions(after);
      this.hashes.set(after.index, String(imageHash(after)));
    }
    const image = appliedImage(view.node);
    const memory = ghost.memoryOf(view);
    if (image.index === memory.appliedIndex) return;
    const committed = view.node.quorum.node?.commitIndex ?? 0;
    if (image.index > committed) this.report("I-M1", `node ${view.id} applied metadata ${image.index} with ${committed} committed`);
    const known = this.hashes.get(image.index);
    if (image.index <= committed && known !== String(imageHash(image)))
      this.report("I-M2", `the metadata image of node ${view.id} at index ${image.index} is not what the entries up to there make of it`);
  }

  private checkPartitions(image: MetadataImage): void {
    for (const topic of image.topics()) {
      for (const { partition, isr, leader, replicas, elr } of topic.partitions) {
        const name = `${topic.name}-${partition} at metadata index ${image.index}`;
        const fenced = isr.filter((id) => image.brokers.get(id)?.isFenced !== false);
        if (fenced.length > 0) this.report(this.id, `${name}: fenced brokers ${fenced.join(", ")} are in the ISR`);
        if (leader >= 0 && !isr.includes(leader)) this.report(this.id, `${name}: leader ${leader} is not in the ISR [${isr.join(", ")}]`);
        if (leader < 0 !== (isr.length === 0)) this.report(this.id, `${name}: leader ${leader} with ISR [${isr.join(", ")}]`);
        if (elr.length > 0 && isr.length >= effectiveMinIsr(image, topic.name, replicas.length))
          this.report(this.id, `${name}: ELR [${elr.join(", ")}] although the ISR [${isr.join(", ")}] has its minimum`);
        if (isr.some((id) => !replicas.includes(id)) || elr.some((id) => isr.includes(id)))
          this.report(this.id, `${name}: ISR [${isr.join(", ")}], ELR [${elr.join(", ")}], replicas [${replicas.join(", ")}]`);
      }
    }
  }
}
