import type { Recording } from "../../recording/recording.ts";
import { type Markup, markup } from "./markup.ts";

export interface LegendItem {
  /** Within 22 × 12. */
  readonly swatch: Markup;
  readonly words: string;
}

/** What the picture's signs mean: those that are in it. */
export function legendItems({ nodes, faults, partitions }: Recording): readonly LegendItem[] {
  const isOut = nodes.some(({ states }) => states.some(({ value }) => value === "out-of-service"));
  const item = (swatch: Markup, words: string): LegendItem => ({ swatch, words });
  return [
    item(markup`<rect class="leader p0" y="1" width="22" height="10"/>`, "leads the partition"),
    item(markup`<rect class="member p0" y="5" width="22" height="3"/>`, "in its ISR"),
    item(markup`<rect class="in-service" y="1" width="22" height="10"/>`, "node in service"),
    item(markup`<rect class="starting" x="1" y="2" width="20" height="9"/>`, "starting or stopping"),
    ...(isOut ? [item(markup`<rect class="out-of-service" y="1" width="22" height="10"/>`, "fenced, or without a quorum")] : []),
    item(markup`<path class="crown" d="M5 10l-1 -7l3.5 3l3 -4l3 4l3.5 -3l-1 7z"/>`, "active controller"),
    ...(faults.length > 0 ? [item(markup`<rect class="fault" width="22" height="12"/>`, "while a fault lasts")] : []),
    ...(partitions.some(({ longestGap }) => longestGap !== undefined)
      ? [item(markup`<rect class="gap" y="4" width="22" height="4"/>`, "longest time without an acknowledgement")]
      : []),
  ];
}
