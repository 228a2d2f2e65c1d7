import type { Findings } from "../findings.ts";
import { placeOf, valueOf } from "../findings.ts";
import { UNKNOWN_OFFSET } from "../partition-history.ts";
import type { Anomaly } from "../verdict.ts";
import type { PartitionView } from "./partition-view.ts";
import { forEachValue } from "./partition-view.ts";

/** Offsets listed for one duplicated value. */
const MAX_LISTED_OFFSETS = 8;

/**
 * A value must be at one offset. An excused loss takes away a place that only polls have seen: the value may then be written
 * again elsewhere. What a final read shows was not lost, so it stands.
 */
export function checkDuplicates(view: PartitionView, findings: Findings): void {
  const { history, lowestOffsets, highestOffsets } = view;
  const copies: number[] = [];
  for (let value = 0; value < history.sends; value++) if (lowestOffsets[value] !== highestOffsets[value]) copies.push(value);
  for (const [value, { seen, final }] of placesOf(view, copies)) {
    const offsets = [...seen].sort((a, b) => a - b);
    const list = `${offsets.slice(0, MAX_LISTED_OFFSETS).join(", ")}${offsets.length > MAX_LISTED_OFFSETS ? ", …" : ""}`;
    const detail = `${history.payloadOf(value)} lies at ${offsets.length} offsets: ${list}`;
    const anomaly: Anomaly = { name: "duplicated", ...valueOf(history, value), detail };
    const excuses = new Map(offsets.filter((offset) => !final.has(offset)).map((offset) => [offset, findings.permit({ ...anomaly, offset })]));
    const standing = offsets.filter((offset) => excuses.get(offset) === undefined);
    const leave = standing.length > 1 ? findings.permit(anomaly) : [...excuses.values()].find((excuse) => excuse !== undefined);
    findings.addJudged({ ...anomaly, offset: standing.at(-1) ?? offsets.at(-1) ?? UNKNOWN_OFFSET }, leave);
  }
}

/** Offsets at which one value was read: at all, and by final reads. */
interface Places {
  readonly seen: Set<number>;
  readonly final: Set<number>;
}

function placesOf({ history, streams }: PartitionView, values: readonly number[]): ReadonlyMap<number, Places> {
  const places = new Map(values.map((value): readonly [number, Places] => [value, { seen: new Set(), final: new Set() }]));
  if (places.size === 0) return places;
  for (const stream of streams) forEachValue(stream, (offset, value) => places.get(value)?.seen.add(offset));
  for (const { stream } of history.finalReads) forEachValue(stream, (offset, value) => places.get(value)?.final.add(offset));
  return places;
}

/** All readers must find the same value at an offset, and a value where its acknowledgement said it is. */
export function checkConsistency(view: PartitionView, findings: Findings): void {
  const { history, valueAt } = view;
  const conflicts = new Map<number, Set<number>>();
  for (const stream of view.streams) {
    forEachValue(stream, (offset, value) => {
      const first = valueAt.get(offset) ?? value;
      if (first === value) return;
      const values = conflicts.get(offset) ?? new Set([first]);
      conflicts.set(offset, values.add(value));
    });
  }
  for (const [offset, found] of conflicts) {
    const values = [...found].sort((a, b) => a - b);
    const [first, ...others] = values.map((value) => history.payloadOf(value));
    const detail = `offset ${offset} was read as ${first} and as ${others.join(" and as ")}`;
    const anomalies = values.map((value): Anomaly => ({ name: "inconsistent-offset", ...valueOf(history, value), offset, detail }));
    const [anomaly] = anomalies;
    // Values that an excused loss took away make room for one other.
    const standing = anomalies.filter((one) => findings.permit(one) === undefined);
    if (anomaly !== undefined) findings.addJudged(anomaly, standing.length > 1 ? undefined : findings.permit(anomaly));
  }
  checkAcknowledgedOffsets(view, findings, conflicts);
}

/**
 * A value that was read nowhere is lost, which is said elsewhere; an offset in conflict was named already. A place that only polls have seen, and that an
 * excused loss took away, says nothing of where the value lay when it was written again and acknowledged there.
 */
function checkAcknowledgedOffsets(view: PartitionView, findings: Findings, conflicts: ReadonlyMap<number, ReadonlySet<number>>): void {
  const { history, valueAt, lowestOffsets, highestOffsets } = view;
  const elsewhere = new Map<number, Anomaly>();
  for (let value = 0; value < history.sends; value++) {
    const offset = history.ackOffsets[value] ?? UNKNOWN_OFFSET;
    const lowest = lowestOffsets[value] ?? UNKNOWN_OFFSET;
    if (offset === UNKNOWN_OFFSET || lowest === UNKNOWN_OFFSET || valueAt.get(offset) === value || conflicts.has(offset)) continue;
    if (lowest === offset || highestOffsets[value] === offset) continue;
    const holder = valueAt.get(offset);
    const instead = holder === undefined ? "" : `; offset ${offset} was read as ${history.payloadOf(holder)}`;
    const detail = `${history.payloadOf(value)} was acknowledged at offset ${offset} and read at ${lowest}${instead}`;
    elsewhere.set(value, { name: "misplaced", ...valueOf(history, value), offset, detail });
  }
  for (const [value, { seen, final }] of placesOf(view, [...elsewhere.keys()])) {
    const anomaly = elsewhere.get(value) as Anomaly;
    const excuses = [...seen].map((offset) => (final.has(offset) ? undefined : findings.permit({ ...anomaly, offset })));
    findings.addJudged(anomaly, findings.permit(anomaly) ?? (excuses.includes(undefined) ? undefined : excuses[0]));
  }
}

/** Only what was written may be read, and nothing whose write certainly failed. */
export function checkPhantoms(view: PartitionView, findings: Findings): void {
  const { history } = view;
  const place = placeOf(history);
  for (const { offset, text, because } of history.phantoms) {
    findings.add({ name: "phantom", ...place, offset, detail: `offset ${offset} was read as ${JSON.stringify(text)}: ${because}` });
  }
  findings.count("phantom", history.phantomCount - history.phantoms.length);
  for (let value = 0; value < history.sends; value++) {
    const offset = view.lowestOffsets[value] ?? UNKNOWN_OFFSET;
    if (history.outcomes[value] !== "fail" || offset === UNKNOWN_OFFSET) continue;
    const detail = `offset ${offset} was read as ${history.payloadOf(value)}, whose send failed for certain with ${history.errors.get(value) ?? "an error"}`;
    findings.add({ name: "phantom", ...place, offset, value, detail });
  }
}
