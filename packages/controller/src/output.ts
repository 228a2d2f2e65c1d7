import type { MetadataRecord } from "@samsa/metadata";
import type { NodeId, Uuid } from "@samsa/stdx";
import type { ControllerReply, ProbeOutcome, RequestToken } from "./api.ts";

type Partition = { readonly topic: string; readonly partition: number };

/**
 * What the controller tells of itself. Facts of metadata are told by the active controller, once they are committed. These are shapes of the world's
 * `TraceBody`, written again on purpose: the controller runs in no world and may not import one; the node, which passes them on, does not compile
 * where the two differ.
 */
export type ControllerTrace =
  | { readonly kind: "controller"; readonly isActive: boolean; readonly epoch: number }
  | { readonly kind: "broker-registered"; readonly broker: number; readonly epoch: number; readonly pageCacheSurvived: boolean }
  | { readonly kind: "broker-fenced"; readonly broker: number; readonly epoch: number; readonly because: string }
  | { readonly kind: "broker-unfenced"; readonly broker: number; readonly epoch: number }
  | { readonly kind: "probe"; readonly broker: number; readonly outcome: ProbeOutcome }
  | ({
      readonly kind: "leader-elected";
      readonly leader: number;
      readonly leaderEpoch: number;
      readonly isr: readonly number[];
      readonly because: string;
    } & Partition)
  | ({
      readonly kind: "isr-changed";
      readonly isr: readonly number[];
      readonly leaderEpoch: number;
      readonly partitionEpoch: number;
      readonly because: string;
    } & Partition);

/** What the controller wants done. */
export type ControllerOutput =
  /**
   * Append as one Raft entry, if `isPending(batch)` still holds when its turn comes; answered at once by `proposed(batch, index)`, or by
   * `lostLeadership` where Raft does not lead: then the proposals that were drained with it are pending no longer. It takes `maxBatchBytes` at most.
   */
  | { readonly type: "propose"; readonly batch: number; readonly records: readonly MetadataRecord[] }
  | { readonly type: "reply"; readonly token: RequestToken; readonly reply: ControllerReply }
  /** Dial the broker's control address and ask who is there; answered exactly once by `probed`, `silent` after a time-out at the latest. */
  | { readonly type: "probe"; readonly brokerId: NodeId; readonly host: string; readonly port: number; readonly incarnationId: Uuid }
  | { readonly type: "trace"; readonly event: ControllerTrace };
