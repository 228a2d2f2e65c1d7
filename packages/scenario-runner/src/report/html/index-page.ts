import { formatDuration } from "../durations.ts";
import { longestWaiting } from "../longest-waiting.ts";
import { type Markup, markup } from "./markup.ts";
import type { ReportInput } from "./report-input.ts";
import { page } from "./report-page.ts";

/** A run, and the file that its report is in. */
export interface IndexedReport {
  readonly file: string;
  readonly input: ReportInput;
}

/** The table of several reports, in the order they ran. */
export function indexPage(reports: readonly IndexedReport[]): string {
  const good = reports.filter(({ input }) => input.outcome.isAsExpected).length;
  return page(
    "Scenarios",
    markup`<h1>Scenarios</h1>
<p>${good} of ${reports.length} ended as expected.</p>
<div class="wide"><table><thead><tr><th scope="col">Scenario</th><th scope="col">World</th><th scope="col">As expected</th><th scope="col">Verdict</th><th scope="col" class="number">Acknowledged</th><th scope="col" class="number">Longest gap</th></tr></thead><tbody>${reports.map(row)}</tbody></table></div>`,
  );
}

function row({ file, input: { scenario, result, outcome } }: IndexedReport): Markup {
  const [longest] = longestWaiting(result.recording.partitions, 1);
  const gap = longest?.longestGap;
  return markup`<tr><th scope="row"><a href="${encodeURIComponent(file)}">${file.replace(/\.html$/, "")}</a><br><span class="soft">${scenario.title}</span></th><td>${result.world}</td><td>${outcome.isAsExpected ? "yes" : markup`<span class="bad-text">no</span>`}</td><td>${outcome.inWords}</td><td class="number">${result.verdict.counts.acked}</td><td class="number">${gap === undefined ? "" : formatDuration(gap.toMs - gap.fromMs)}</td></tr>`;
}
