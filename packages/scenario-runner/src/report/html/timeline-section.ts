import { formatTime } from "../durations.ts";
import { type Markup, markup, NOTHING } from "./markup.ts";
import type { ReportInput } from "./report-input.ts";

/** Lines of the story that a page has. */
export const TOLD_MAX = 400;

/** The story. A time leads to its moment in the picture; where scripts run, pointing at the row shows it too. */
export function timelineSection({ result }: ReportInput): Markup {
  const { timeline, faults } = result;
  const struck = new Set(faults);
  const rows = timeline.slice(0, TOLD_MAX).map(({ atMs, sinceFaultMs, text }, index) => {
    const since = sinceFaultMs === undefined ? "" : `+${formatTime(sinceFaultMs)}`;
    return markup`<tr data-moment="m${index}" data-at-ms="${Math.ceil(atMs)}"${struck.has(text) ? markup` class="struck"` : NOTHING}><td class="number"><a href="#m${index}">${formatTime(atMs)}</a></td><td class="number">${since}</td><td>${text}</td></tr>`;
  });
  const left = timeline.length - rows.length;
  return markup`<section><h2>What happened</h2>
<div class="wide"><table><thead><tr><th scope="col" class="number">Time</th><th scope="col" class="number">Since the fault</th><th scope="col">What</th></tr></thead><tbody>${rows}</tbody></table></div>
${left > 0 ? markup`<p class="soft">… and ${left} lines more.</p>` : NOTHING}</section>`;
}
