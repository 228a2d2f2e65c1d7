import { existsSync, readFileSync, writeFileSync } from "node:fs";
import type { RaftFinding } from "./raft-request.ts";

const FILE = "mutants/raft-seeds.json";

/** What killed a mutant of raft-ts first. */
export type FrozenSeed = Pick<RaftFinding, "seed" | "seeds" | "oracle">;

const readAll = (): Record<string, FrozenSeed> => (existsSync(FILE) ? (JSON.parse(readFileSync(FILE, "utf8")) as Record<string, FrozenSeed>) : {});

export const frozenSeedOf = (id: string): FrozenSeed | undefined => readAll()[id];

export function freezeSeed(id: string, { seed, seeds, oracle }: RaftFinding): void {
  writeFileSync(FILE, `${JSON.stringify({ ...readAll(), [id]: { seed, seeds, oracle } }, null, 2)}\n`);
}
