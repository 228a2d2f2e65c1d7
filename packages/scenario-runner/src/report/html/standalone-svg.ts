import { formatVerdict } from "@samsa/history";
import { runScene } from "../scene/run-scene.ts";
import { fittedText, rounded, textWidth } from "../scene/shape.ts";
import { describe } from "./figure-section.ts";
import { legendItems } from "./legend.ts";
import { Markup, markup } from "./markup.ts";
import { COLOUR_STYLE, PICTURE_STYLE } from "./picture-style.ts";
import type { ReportInput } from "./report-input.ts";
import { HATCH, svgShape } from "./svg.ts";

const MARGIN = 24;
const HEAD_HEIGHT = 64;
const LEGEND_SIZE = 11;
const LEGEND_PITCH = 18;
const SWATCH_WIDTH = 28;

const STYLE = `${COLOUR_STYLE}
.page{fill:var(--ground);stroke:var(--line)}
.headline{font-weight:700}
.command{font-family:ui-monospace,SFMono-Regular,Menlo,Consolas,"DejaVu Sans Mono",monospace!important;fill:var(--soft)!important}
${PICTURE_STYLE}`;

/** A run as one picture that stands by itself, such as in a README: with its title, its verdict and its legend, in light and in dark. */
export function standaloneSvg({ scenario, result, command }: ReportInput): string {
  const { recording } = result;
  const scene = runScene(recording);
  const legend = placedLegend(recording, scene.width);
  const width = scene.width + 2 * MARGIN;
  const height = Math.ceil(MARGIN + HEAD_HEIGHT + scene.height + legend.height + MARGIN);
  const commandWidth = textWidth(`$ ${command}`, 14);
  const [headline = ""] = formatVerdict(result.verdict).split("\n");
  return markup`<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" role="img" aria-labelledby="title description"><title id="title">${scenario.title}. ${headline}.</title><desc id="description">${describe(recording)}</desc><style>${new Markup(STYLE)}</style>${HATCH}
<rect class="page" x="0.5" y="0.5" width="${width - 1}" height="${height - 1}" rx="8"/>
<g transform="translate(${MARGIN} ${MARGIN})">
<text class="headline" x="0" y="16" font-size="19">${fittedText(scenario.title, 19, scene.width - commandWidth - 24)}</text>
<text class="command" x="${scene.width}" y="15" text-anchor="end" font-size="13">$ ${command}</text>
<text x="0" y="40" font-size="14">${fittedText(headline, 14, scene.width)}</text>
<g transform="translate(0 ${HEAD_HEIGHT})">${scene.shapes.map(svgShape)}</g>
<g transform="translate(0 ${Math.ceil(HEAD_HEIGHT + scene.height + 6)})">${legend.items}</g>
</g></svg>
`.text;
}

/** One item after the other, in as many lines as they need. */
function placedLegend(recording: ReportInput["result"]["recording"], width: number): { readonly items: readonly Markup[]; readonly height: number } {
  let [x, y] = [0, 0];
  const items = legendItems(recording).map(({ swatch, words }) => {
    const itemWidth = SWATCH_WIDTH + textWidth(words, LEGEND_SIZE) + 16;
    if (x > 0 && x + itemWidth > width) [x, y] = [0, y + LEGEND_PITCH];
    const at = x;
    x += itemWidth;
    return markup`<g transform="translate(${rounded(at)} ${y})">${swatch}<text class="tick" x="${SWATCH_WIDTH}" y="10" font-size="${LEGEND_SIZE}">${words}</text></g>`;
  });
  return { items, height: y + LEGEND_PITCH };
}
