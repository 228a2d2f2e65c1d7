import type { Recording } from "../../recording/recording.ts";
import { DRAWN_PARTITIONS_MAX, type RunScene, runScene } from "../scene/run-scene.ts";
import { rounded } from "../scene/shape.ts";
import { xOf } from "../scene/time-scale.ts";
import { legendItems } from "./legend.ts";
import { type Markup, markup, NOTHING, scriptData } from "./markup.ts";
import type { ReportInput } from "./report-input.ts";
import { svgOf } from "./svg.ts";
import { TOLD_MAX } from "./timeline-section.ts";

/** The picture with its legend, a line for what is pointed at, and the numbers that the script reads. */
export function figureSection({ scenario, result }: ReportInput): Markup {
  const { recording, timeline } = result;
  const scene = runScene(recording);
  const words = { id: "run", title: `${scenario.title}: the run over time`, description: describe(recording) };
  const moments = timeline.slice(0, TOLD_MAX).map(({ atMs }, index) => momentLine(scene, `m${index}`, atMs));
  const hidden = recording.partitions.length - scene.partitions.length;
  return markup`<figure>
<div class="scroller" id="picture" tabindex="0" role="group" aria-label="The run over time. Arrow keys move through it, with Shift in larger steps; Escape lets go.">
${svgOf(scene, words, [...moments, markup`<g id="cursor"><line x1="0" y1="20" x2="0" y2="${rounded(scene.height)}"/></g>`])}
</div>
<figcaption>${legend(recording)}</figcaption>
${hidden > 0 ? markup`<p class="soft">${DRAWN_PARTITIONS_MAX} of ${recording.partitions.length} partitions are drawn: those that waited longest.</p>` : NOTHING}
<p class="readout" id="readout" aria-live="polite" hidden></p>
</figure>
<script type="application/json" id="data">${scriptData(pointedAt(recording, scene))}</script>`;
}

function momentLine({ scale, height }: RunScene, id: string, atMs: number): Markup {
  const x = rounded(xOf(scale, atMs));
  return markup`<g class="moment" id="${id}"><line x1="${x}" y1="20" x2="${x}" y2="${rounded(height)}"/></g>`;
}

const legend = (recording: Recording): readonly Markup[] =>
  legendItems(recording).map(({ swatch, words }) => markup`<span><svg viewBox="0 0 22 12" aria-hidden="true">${swatch}</svg>${words}</span>`);

/** The picture in words, for those who don't see it. */
export function describe({ nodes, partitions, faults, endMs }: Recording): string {
  const seconds = (endMs / 1000).toFixed(1);
  const struck = faults.map(({ text, fromMs }) => `At ${(fromMs / 1000).toFixed(3)} s ${text}.`).join(" ");
  return `Nodes: ${nodes.length}. Partitions: ${partitions.length}. Seconds: ${seconds}. ${struck} The tables below have the same in numbers.`;
}

/** As few letters as it takes. */
function pointedAt(recording: Recording, { scale, width }: RunScene): unknown {
  const { bucketMs, endMs, nodes, controllers, partitions, refusals, faults } = recording;
  return {
    bucketMs,
    endMs,
    scale,
    width,
    nodes: nodes.map(({ name, states }) => ({ name, states: states.map(({ fromMs, toMs, value }) => [fromMs, toMs, value]) })),
    controllers: controllers.map(({ fromMs, toMs, value }) => [fromMs, toMs, value]),
    refused: refusals.counts,
    faults: faults.map(({ fromMs, toMs, text }) => [fromMs, toMs, text]),
    partitions: partitions.map(({ name, leaders, isr, acked, errors }) => ({
      name,
      leaders: leaders.map(({ fromMs, toMs, value }) => [fromMs, toMs, value.leader, value.leaderEpoch]),
      isr: isr.map(({ fromMs, toMs, value }) => [fromMs, toMs, value.join(" ")]),
      acked,
      errors,
    })),
  };
}
