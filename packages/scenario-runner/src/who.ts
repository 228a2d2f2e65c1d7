import type { Victim } from "@samsa/world";

/** A node by what it is when it is asked for. */
export type Who =
  | Exclude<Victim, { type: "follower" }>
  /** Of the ISR, in its order; `index` counts the followers from 0 (the default). */
  | { readonly type: "follower"; readonly topic: string; readonly partition: number; readonly index?: number }
  /** Of a group. */
  | { readonly type: "coordinator"; readonly groupId: string }
  /** Whoever got the name from a step before, whatever became of it since. */
  | { readonly type: "named"; readonly name: string };

/** "the leader of orders-0", "the active controller", "the old leader". */
export function formatWho(who: Who): string {
  switch (who.type) {
    case "node":
      return `node ${who.id}`;
    case "active-controller":
      return "the active controller";
    case "leader":
      return `the leader of ${who.topic}-${who.partition}`;
    case "follower":
      return `${who.index === undefined || who.index === 0 ? "a" : "another"} follower of ${who.topic}-${who.partition}`;
    case "coordinator":
      return `the coordinator of ${who.groupId}`;
    case "named":
      return who.name;
  }
}
