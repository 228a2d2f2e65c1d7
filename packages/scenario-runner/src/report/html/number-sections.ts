import { NOBODY, type PartitionRecord, type Recording } from "../../recording/recording.ts";
import { formatDuration, formatTime } from "../durations.ts";
import { type Markup, markup, NOTHING } from "./markup.ts";
import type { ReportInput } from "./report-input.ts";

/** Cells of the table of counts, at most: of a long run each row is of a longer time. */
const CELLS_MAX = 2_400;
const STEPS = [1, 2, 5, 10, 20, 50, 100, 200, 500, 1_000, 2_000, 5_000, 10_000];

const sum = (counts: readonly number[]): number => counts.reduce((total, count) => total + count, 0);

/** Each partition in figures. */
export function partitionSection({ result }: ReportInput): Markup {
  const { recording } = result;
  const rows = recording.partitions.map((partition) => {
    const { name, acked, errors, errorsAfter, leaders, longestGap } = partition;
    const led = leaders.map(({ fromMs, value }) => `${value.leader === NOBODY ? "nobody" : value.leader} from ${formatTime(fromMs)}`).join(", ");
    const gap =
      longestGap === undefined
        ? ""
        : `${longestGap.isOpen ? "still " : ""}${formatDuration(longestGap.toMs - longestGap.fromMs)}, from ${formatTime(longestGap.fromMs)}`;
    return markup`<tr><th scope="row">${name}</th><td class="number">${sum(acked)}</td><td class="number">${busyShare(partition, recording)}</td><td>${gap}</td><td class="number">${sum(errors) + errorsAfter}${errorWords(partition)}</td><td>${led}</td></tr>`;
  });
  return markup`<section><h2>Partitions</h2>
<div class="wide"><table><thead><tr><th scope="col">Partition</th><th scope="col" class="number">Acknowledged records</th><th scope="col" class="number">Spans of ${recording.bucketMs} ms with one</th><th scope="col">Longest time without one</th><th scope="col" class="number">Errors</th><th scope="col">Led by</th></tr></thead><tbody>${rows}</tbody></table></div>${refusalLine(recording)}</section>`;
}

/** `Refused, and tried again: 12 × NOT_ENOUGH_REPLICAS.` */
function refusalLine({ refusals }: Recording): Markup {
  const counts = Object.entries(refusals.names).map(([name, count]) => `${count} × ${name}`);
  return counts.length === 0 ? NOTHING : markup`<p>Answers with an error, after which the producer tried again: ${counts.join(", ")}.</p>`;
}

const errorWords = ({ errorNames }: PartitionRecord): string => {
  const names = Object.keys(errorNames);
  return names.length === 0 ? "" : ` (${names.join(", ")})`;
};

/** `44 of 46`: of the whole buckets within the load. */
function busyShare({ acked }: PartitionRecord, { load, bucketMs }: Recording): string {
  if (load === undefined) return "";
  const whole = acked.slice(Math.ceil(load.fromMs / bucketMs), Math.floor(load.toMs / bucketMs));
  return `${whole.filter((count) => count > 0).length} of ${whole.length}`;
}

/** What the charts show, as a table. */
export function countsSection({ result }: ReportInput): Markup {
  const { partitions, bucketMs, refusals } = result.recording;
  const isRefused = refusals.counts.some((count) => count > 0);
  const length = partitions[0]?.acked.length ?? 0;
  const bucketsPerRow = STEPS.find((step) => Math.ceil(length / step) * partitions.length <= CELLS_MAX) ?? length;
  const rows = Array.from({ length: Math.ceil(length / bucketsPerRow) }, (_, row) => {
    const [from, to] = [row * bucketsPerRow, (row + 1) * bucketsPerRow];
    const cells = partitions.map(({ acked, errors }) => {
      const failed = sum(errors.slice(from, to));
      return markup`<td class="number">${sum(acked.slice(from, to))}${failed === 0 ? NOTHING : markup` <span class="bad-text">${failed} failed</span>`}</td>`;
    });
    const refused = isRefused ? markup`<td class="number">${sum(refusals.counts.slice(from, to))}</td>` : NOTHING;
    return markup`<tr><th scope="row" class="number">${formatTime(from * bucketMs)}</th>${cells}${refused}</tr>`;
  });
  return markup`<section><details><summary>Acknowledged records in each ${formatDuration(bucketsPerRow * bucketMs)}</summary>
<div class="wide"><table><thead><tr><th scope="col" class="number">From</th>${partitions.map(({ name }) => markup`<th scope="col" class="number">${name}</th>`)}${isRefused ? markup`<th scope="col" class="number">Refused</th>` : NOTHING}</tr></thead><tbody>${rows}</tbody></table></div></details></section>`;
}
