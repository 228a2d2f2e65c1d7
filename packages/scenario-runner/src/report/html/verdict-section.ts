import { type Anomaly, formatVerdict, type PermittedAnomaly } from "@samsa/history";
import { formatExpectation } from "../../scenario-outcome.ts";
import { type Markup, markup, NOTHING } from "./markup.ts";
import type { ReportInput } from "./report-input.ts";

/** Records that are named; a verdict has no more than a few examples of each kind. */
const NAMED_MAX = 64;
/** Of them at first sight. */
const SHOWN_MAX = 6;

/** What came out, in large letters; each record that is lost, or not where it should be, by its name. */
export function verdictSection({ scenario, result, outcome }: ReportInput): Markup {
  const { verdict, failures } = result;
  const { isAsExpected, inWords } = outcome;
  const [headline = "", ...counts] = formatVerdict(verdict)
    .split("\n")
    .filter((line) => !line.startsWith("    "))
    .slice(0, 3);
  const kind = !isAsExpected ? "bad" : verdict.isClean ? "good" : "allowed";
  const named: readonly Named[] = [...verdict.anomalies, ...verdict.permitted].slice(0, NAMED_MAX);
  const total = [...Object.values(verdict.counts.anomalies), ...Object.values(verdict.counts.permitted)].reduce((sum, count) => sum + count, 0);
  return markup`<section class="verdict ${kind}" aria-label="Verdict">
<p class="soft">${isAsExpected ? "As expected" : `Not as expected: ${inWords}`}${scenario.expectation.type === "clean" ? "" : ` (expected is ${formatExpectation(scenario)})`}</p>
<h2>${headline}</h2>
${counts.map((line) => markup`<p>${line.trim()}</p>`)}
${failures.length === 0 ? NOTHING : markup`<ul>${failures.map((failure) => markup`<li class="bad-text">${failure}</li>`)}</ul>`}
</section>
${named.length === 0 ? NOTHING : anomalyTable(named, total)}`;
}

type Named = Anomaly & Partial<PermittedAnomaly>;

function anomalyTable(named: readonly Named[], total: number): Markup {
  // One reason for all of them is in the headline.
  const areReasonsTold = new Set(named.map(({ because }) => because)).size > 1;
  const rows = named.map((one) => anomalyRow(one, areReasonsTold));
  const left = rows.slice(SHOWN_MAX);
  return markup`<h2>Which records</h2>
${tableOf(rows.slice(0, SHOWN_MAX))}
${left.length === 0 ? NOTHING : markup`<details><summary>${left.length} more</summary>${tableOf(left)}</details>`}
${total > named.length ? markup`<p class="soft">${total} in all; these are the first of each kind.</p>` : NOTHING}`;
}

function anomalyRow({ name, topic, partition, offset, value, detail, because }: Named, isReasonTold: boolean): Markup {
  const where = partition < 0 ? "" : `${topic}-${partition}`;
  const reason = isReasonTold && because !== undefined ? markup` <span class="soft">allowed because ${because}</span>` : NOTHING;
  return markup`<tr><td>${name}</td><td>${where}</td><td class="number">${offset ?? ""}</td><td class="number">${value ?? ""}</td><td>${detail}${reason}</td></tr>`;
}

const tableOf = (rows: readonly Markup[]): Markup =>
  markup`<div class="wide"><table><thead><tr><th scope="col">What</th><th scope="col">Partition</th><th scope="col" class="number">Offset</th><th scope="col" class="number">Value</th><th scope="col">In words</th></tr></thead><tbody>${rows}</tbody></table></div>`;
