import type { Focus } from "../../packages/raft-ts/test/support/swarm.ts";

/** What `raft-mutants.ts` asks a bundle for. */
export type RaftRequest =
  | { readonly type: "chaos"; readonly first: number; readonly count: number; readonly focus?: Focus }
  /** The text of a golden transcript, which it runs anew. */
  | { readonly type: "transcript"; readonly text: string };

/** How a bundle goes wrong. */
export interface RaftFinding {
  /** 0 for a transcript. */
  readonly seed: number;
  readonly seeds: number;
  readonly oracle: string;
  readonly detail: string;
}
