import type { Findings } from "../findings.ts";
import { placeOf } from "../findings.ts";
import type { PartitionView } from "./partition-view.ts";

/** The end that a reader is told never goes back behind what it was told or given before it asked (I-P9, KIP-207). */
export function checkEnds({ history }: PartitionView, findings: Findings): void {
  for (const { process, knownEnd, toldEnd } of history.endsBehind) {
    const detail = `process ${process} knew an end of ${knownEnd}, asked for it, and was told ${toldEnd}`;
    findings.add({ name: "nonmonotonic-end", ...placeOf(history), offset: toldEnd, detail });
  }
}
