import type { Controller, ControllerOutput } from "@samsa/controller";
import { invariant, type Now } from "@samsa/stdx";
import { encodeEntry } from "./metadata-entry.ts";
import type { Quorum } from "./quorum.ts";

type Proposal = Extract<ControllerOutput, { type: "propose" }>;

export interface Proposer {
  readonly controller: Pick<Controller, "epoch" | "isPending" | "proposed" | "lostLeadership">;
  readonly quorum: Pick<Quorum, "propose">;
}

/**
 * Gives Raft one batch that the controller has decided. After a refusal none that was decided in the same leadership may follow:
 *
 * 1. The controller decides A, and B on the state that A will make. Both are drained.
 * 2. Raft refuses A, for it finds that it leads no more. The controller drops what is speculative.
 * 3. B, if it got into the log all the same, would be committed without A: no node could replay it, now or ever after.
 *
 * Raft refuses for three reasons. Not leading ends the controller's leadership as well, until Raft's next role. So does handing over: whoever
 * takes over must have all entries, so no more come; the node that began it ends, be it in vain. Too large can't be: the controller bounds every
 * batch, and to go on after it would leave Raft leading with a controller that does not.
 */
export function proposeBatch({ batch, records }: Proposal, { controller, quorum }: Proposer, now: Now): void {
  if (!controller.isPending(batch)) return;
  const payload = encodeEntry(records);
  const proposed = quorum.propose(payload, now);
  if (proposed.ok) {
    invariant(proposed.term === controller.epoch, "a batch enters the log in the term that decided it", { term: proposed.term, epoch: controller.epoch });
    return controller.proposed(batch, proposed.index);
  }
  invariant(proposed.reason !== "too-large", "the controller's batches fit into an entry", { bytes: payload.length, records: records.length });
  controller.lostLeadership(now);
}
