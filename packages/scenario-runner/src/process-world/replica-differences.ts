import { existsSync } from "node:fs";
import { join } from "node:path";
import type { History } from "@samsa/history";
import type { ProcessCluster } from "./process-cluster.ts";
import { type CommittedBytes, compareReplicas, readCommitted } from "./replica-logs.ts";

/** For those that are behind to come back into the ISR, and for what is in it to reach the files. */
const TIMEOUT_MS = 20_000;
/** Files tell nobody that they have grown. */
const LOOK_AGAIN_MS = 20;

export interface ReplicasAtTheEnd {
  /** Read back: where its final reads ended, the logs have to end. */
  readonly history: History;
  readonly isrOf: (topic: string, partition: number) => readonly number[];
}

/** What is asked of a `ProcessCluster`. */
export interface Cluster extends Pick<ProcessCluster, "brokerIds" | "dataDirectory" | "until"> {
  readonly nodes: readonly { readonly id: number; readonly isRunning: boolean }[];
}

/**
 * What the replicas of running brokers hold that differs, in words. Consumers only see what leaders hold; these are all the files. Nobody may write any
 * more. Waits until every replica is in the ISR and has written what was read.
 */
export async function replicaDifferences(cluster: Cluster, { history, isrOf }: ReplicasAtTheEnd): Promise<readonly string[]> {
  const partitions = [...history.partitions()].map(({ topic, partition, finalReads }) => {
    const name = `${topic}-${partition}`;
    const running = cluster.brokerIds.filter((id) => cluster.nodes.some((node) => node.id === id && node.isRunning));
    const inIsr = (id: number): boolean => isrOf(topic, partition).includes(id);
    const brokers = running.filter((id) => inIsr(id) || existsSync(join(cluster.dataDirectory(id), name)));
    return { name, brokers, outside: () => brokers.filter((id) => !inIsr(id)), endOffset: finalReads.at(-1)?.endOffset ?? 0 };
  });
  await cluster.until(() => partitions.every(({ outside }) => outside().length === 0), TIMEOUT_MS);
  const differences: string[] = [];
  for (const { name, brokers, outside, endOffset } of partitions) {
    const [laggard] = outside();
    if (laggard === undefined) differences.push(...(await differenceOf(cluster, { name, brokers, endOffset })));
    else differences.push(`${name} on broker ${laggard} was not in the ISR ${TIMEOUT_MS} ms after the final read`);
  }
  return differences;
}

interface Replicas {
  readonly name: string;
  readonly brokers: readonly number[];
  readonly endOffset: number;
}

const NOTHING: CommittedBytes = { bytes: Buffer.alloc(0), batches: 0, endOffset: 0, bytesBehind: 0 };

/** At most one. A replica in the ISR may still be writing: it is read again until it ends where it should. */
async function differenceOf(cluster: Cluster, { name, brokers, endOffset }: Replicas): Promise<readonly string[]> {
  const deadlineMs = performance.now() + TIMEOUT_MS;
  const read = (id: number): CommittedBytes => {
    const directory = join(cluster.dataDirectory(id), name);
    return existsSync(directory) ? readCommitted(directory, endOffset) : NOTHING;
  };
  for (;;) {
    const replicas = new Map(brokers.map((id) => [id, read(id)]));
    const isWritten = [...replicas.values()].every((replica) => replica.endOffset >= endOffset);
    if (isWritten || performance.now() >= deadlineMs) return [compareReplicas(name, replicas, endOffset)].filter((text) => text !== undefined);
    await new Promise((resolve) => setTimeout(resolve, LOOK_AGAIN_MS));
  }
}
