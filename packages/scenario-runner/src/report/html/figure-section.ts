import type { Recording } from "../../recording/recording.ts";
import { DRAWN_PARTITIONS_MAX, type RunScene, runScene } from "../scene/run-scene.ts";
import { rounded } from "../scene/shape.ts";
import { xOf } from "../scene/time-scale.ts";
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

const swatch = (shapes: Markup, words: string): Markup => markup`<span><svg viewBox="0 0 22 12" aria-hidden="true">${shapes}</svg>${words}</span>`;

function legend({ nodes, faults }: Recording): readonly Markup[] {
  const isOut = nodes.some(({ states }) => states.some(({ value }) => value === "out-of-service"));
  return [
    swatch(markup`<rect class="leader p0" y="1" width="22" height="10"/>`, "leads the partition"),
    swatch(markup`<rect class="member p0" y="5" width="22" height="3"/>`, "in its ISR"),
    swatch(markup`<rect class="in-service" y="1" width="22" height="10"/>`, "node in service"),
    swatch(markup`<rect class="starting" x="1" y="2" width="20" height="9"/>`, "starting or stopping"),
    ...(isOut ? [swatch(markup`<rect class="out-of-service" y="1" width="22" height="10"/>`, "fenced, or without a quorum")] : []),
    swatch(markup`<path class="crown" d="M5 10l-1 -7l3.5 3l3 -4l3 4l3.5 -3l-1 7z"/>`, "active controller"),
    ...(faults.length > 0 ? [swatch(markup`<rect class="fault" width="22" height="12"/>`, "while a fault lasts")] : []),
    swatch(markup`<rect class="gap" y="4" width="22" height="4"/>`, "longest time without an acknowledgement"),
  ];
}

function describe({ nodes, partitions, faults, endMs }: Recording): string {
  const seconds = (endMs / 1000).toFixed(1);
  const struck = faults.map(({ text, fromMs }) => `At ${(fromMs / 1000).toFixed(3)} s ${text}.`).join(" ");
  return `${nodes.length} nodes and ${partitions.length} partitions over ${seconds} seconds. ${struck} The tables below have the same in numbers.`;
}

/** As few letters as it takes. */
function pointedAt(recording: Recording, { scale, width }: RunScene): unknown {
  const { bucketMs, endMs, nodes, controllers, partitions, faults } = recording;
  return {
    bucketMs,
    endMs,
    scale,
    width,
    nodes: nodes.map(({ name, states }) => ({ name, states: states.map(({ fromMs, toMs, value }) => [fromMs, toMs, value]) })),
    controllers: controllers.map(({ fromMs, toMs, value }) => [fromMs, toMs, value]),
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
