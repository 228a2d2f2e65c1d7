import type { Serving } from "./cluster-state.ts";

/** Who has told that it leads a partition, and is there still. */
export class ServingLeaders {
  /** By partition (`orders-0`). */
  private readonly leaders = new Map<string, Serving>();

  leads({ topic, partition }: { readonly topic: string; readonly partition: number }, serving: Serving): void {
    this.leaders.set(`${topic}-${partition}`, serving);
  }

  /** The node is down, and leads nothing until it says so again. */
  forget(down: number): void {
    for (const [partition, { node }] of this.leaders) if (node === down) this.leaders.delete(partition);
  }

  /** Who stands still may lead, and serves nobody. */
  awake(isAwake: (node: number) => boolean): ReadonlyMap<string, Serving> {
    return new Map([...this.leaders].filter(([, { node }]) => isAwake(node)));
  }
}
