import { type Anomaly, formatVerdict, type PermittedAnomaly } from "@samsa/history";
import { formatExpectation } from "../../scenario-outcome.ts";
import { type Markup, markup, NOTHING } from "./markup.ts";
import type { ReportInput } from "./report-input.ts";

/** Records that are named; a verdict has no more than a few examples of each kind. */
const NAMED_MAX = 64;

/** What came out, in large letters; each record that is lost, or not where it should be, by its name. */
export function verdictSection({ scenario, result, outcome }: ReportInput): Markup {
  const { verdict, failures } = result;
  const { isAsExpected, inWords } = outcome;
  const [headline = "", ...counts] = formatVerdict(verdict)
    .split("\n")
    .filter((line) => !line.startsWith("    "))
    .slice(0, 3);
  const kind = !isAsExpected ? "bad" : verdict.isClean ? "good" : "allowed";
  const named: readonly (Anomaly & Partial<PermittedAnomaly>)[] = [...verdict.anomalies, ...verdict.permitted].slice(0, NAMED_MAX);
  const total = [...Object.values(verdict.counts.anomalies), ...Object.values(verdict.counts.permitted)].reduce((sum, count) => sum + count, 0);
  return markup`<section class="verdict ${kind}" aria-label="Verdict">
<p class="soft">${isAsExpected ? "As expected" : "Not as expected"}: ${inWords}${scenario.expectation.type === "clean" ? "" : `. Expected is ${formatExpectation(scenario)}`}</p>
<h2>${headline}</h2>
${counts.map((line) => markup`<p>${line.trim()}</p>`)}
${failures.length === 0 ? NOTHING : markup`<ul>${failures.map((failure) => markup`<li class="bad-text">${failure}</li>`)}</ul>`}
</section>
${named.length === 0 ? NOTHING : anomalyTable(named, total)}`;
}

function anomalyTable(named: readonly (Anomaly & Partial<PermittedAnomaly>)[], total: number): Markup {
  const rows = named.map(({ name, topic, partition, offset, value, detail, because }) => {
    const where = partition < 0 ? "" : `${topic}-${partition}`;
    return markup`<tr><td>${name}</td><td>${where}</td><td class="number">${offset ?? ""}</td><td class="number">${value ?? ""}</td><td>${detail}${because === undefined ? NOTHING : markup` <span class="soft">allowed because ${because}</span>`}</td></tr>`;
  });
  return markup`<h2>What is wrong with which records</h2>
<div class="wide"><table><thead><tr><th scope="col">What</th><th scope="col">Partition</th><th scope="col" class="number">Offset</th><th scope="col" class="number">Value</th><th scope="col">In words</th></tr></thead><tbody>${rows}</tbody></table></div>
${total > named.length ? markup`<p class="soft">${total} in all; these are the first of each kind.</p>` : NOTHING}`;
}
