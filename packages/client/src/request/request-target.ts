import type { Now } from "@samsa/stdx";
import type { ClusterConnection } from "../cluster/cluster-connection.ts";

/** To whom a request goes. A broker is one of the metadata's; the controller of these is whoever takes what changes the cluster. */
export type BrokerTarget =
  | { readonly type: "any" }
  | { readonly type: "controller" }
  | { readonly type: "broker"; readonly broker: number }
  | { readonly type: "leader"; readonly topic: string; readonly partition: number };

export type RequestTarget = BrokerTarget | { readonly type: "group"; readonly groupId: string };

/**
 * The broker that the request may go to now. Undefined: it is not known, or can't be asked now; the metadata are asked for, or connecting has begun.
 * A partition's topic must be wanted.
 */
export function routeTo(cluster: ClusterConnection, target: BrokerTarget, now: Now): number | undefined {
  switch (target.type) {
    case "any":
      return cluster.anyReady(now);
    case "controller": {
      const controller = cluster.metadata.controllerId;
      // Any broker forwards what is the controller's.
      return controller >= 0 && cluster.isReady(controller, now) ? controller : cluster.anyReady(now);
    }
    case "broker":
      return readyOrLookedFor(cluster, target.broker, now);
    case "leader":
      return readyOrLookedFor(cluster, cluster.metadata.leaderOf(target.topic, target.partition)?.leader, now);
  }
}

function readyOrLookedFor(cluster: ClusterConnection, broker: number | undefined, now: Now): number | undefined {
  if (broker !== undefined && cluster.isReady(broker, now)) return broker;
  cluster.requestMetadata();
  return undefined;
}
