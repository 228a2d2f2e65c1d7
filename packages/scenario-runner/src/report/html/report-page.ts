import { nodesOf } from "../../scenario.ts";
import { figureSection } from "./figure-section.ts";
import { type Content, Markup, markup } from "./markup.ts";
import { countsSection, partitionSection } from "./number-sections.ts";
import { PAGE_SCRIPT } from "./page-script.ts";
import { PAGE_STYLE } from "./page-style.ts";
import type { ReportInput } from "./report-input.ts";
import { timelineSection } from "./timeline-section.ts";
import { verdictSection } from "./verdict-section.ts";

/** One run as one file of HTML: it fetches nothing, is whole without scripts, in light and in dark, and on paper. */
export function reportPage(input: ReportInput): string {
  const { scenario, result, command } = input;
  const properties = Object.entries(scenario.cluster.properties ?? {}).map(([key, value]) => `${key}=${value}`);
  return page(
    scenario.title,
    markup`<h1>${scenario.title}</h1>
<p class="teaches">${scenario.teaches}</p>
<p>${scenario.prose}</p>
<p class="soft">${scenario.name}, ${WORLD_WORDS[result.world] ?? result.world}: ${nodesOf(scenario.cluster)}${properties.map((words) => markup`, ${words}`)}; ${loadWords(scenario)}</p>
${verdictSection(input)}
${figureSection(input)}
${partitionSection(input)}
${timelineSection(input)}
${countsSection(input)}
<section><h2>Run it again</h2><pre><code>${command}</code></pre></section>
<script>${new Markup(PAGE_SCRIPT)}</script>`,
  );
}

const WORLD_WORDS: Readonly<Record<string, string>> = { process: "in real processes", sim: "in the simulated world" };

function loadWords({ topic, load }: ReportInput["scenario"]): string {
  const partitions = topic.partitions === 1 ? "one partition" : `${topic.partitions} partitions`;
  const configs = Object.entries(topic.configs ?? {}).map(([key, value]) => `, ${key}=${value}`);
  const acks = load.acks === -1 ? "all" : load.acks;
  return `topic ${topic.name} of ${partitions} with replication factor ${topic.replicationFactor} and min.insync.replicas ${topic.minInsyncReplicas}${configs.join("")}, ${load.recordsPerSecond} records per second with acks=${acks}`;
}

/** A whole document. Nothing but what is in it is ever loaded, and the browser sees to that. */
export function page(title: string, content: Content): string {
  return markup`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'">
<title>${title}</title>
<style>${new Markup(PAGE_STYLE)}</style>
</head>
<body><main>
${content}
</main></body>
</html>
`.text;
}
