import { readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";

interface ProfileNode {
  readonly id: number;
  readonly callFrame: { readonly functionName: string; readonly url: string; readonly lineNumber: number };
}

interface Profile {
  readonly nodes: readonly ProfileNode[];
  readonly samples: readonly number[];
  readonly timeDeltas: readonly number[];
}

const FUNCTIONS_TOLD = 15;
const MODULES_TOLD = 8;
const IDLE = "(idle)";
/** esbuild writes before each module where it came from. */
const MODULE_LINE = /^\/\/ ((?:packages|node_modules)\/\S+)$/;

/** The largest costs of the busiest broker whose profile was written since then, as text. */
export function summarizeProfiles(directory: string, sinceMs: number, bundle: string): string {
  const files = readdirSync(directory)
    .filter((name) => name.endsWith(".cpuprofile"))
    .map((name) => join(directory, name))
    .filter((path) => statSync(path).mtimeMs >= sinceMs);
  const costs = files.map((path) => ({ path, ...costsOf(JSON.parse(readFileSync(path, "utf8")), moduleLines(bundle)) }));
  const [busiest] = costs.sort((a, b) => b.busyUs - a.busyUs);
  if (busiest === undefined) return `no profile in ${directory}\n`;
  const share = (us: number): string => `${((100 * us) / busiest.busyUs).toFixed(1)} %`.padStart(7);
  const rows = (ofKind: ReadonlyMap<string, number>, count: number): string[] =>
    [...ofKind]
      .sort((a, b) => b[1] - a[1])
      .map(([name, us]) => `${share(us)}  ${name}`)
      .slice(0, count);
  return [
    `${busiest.path}: busy for ${(busiest.busyUs / 1e6).toFixed(1)} s of ${(busiest.totalUs / 1e6).toFixed(1)} s; of that, by function`,
    ...rows(busiest.functions, FUNCTIONS_TOLD),
    "and by module",
    ...rows(busiest.modules, MODULES_TOLD),
    "",
  ].join("\n");
}

interface Costs {
  readonly totalUs: number;
  readonly busyUs: number;
  readonly functions: ReadonlyMap<string, number>;
  readonly modules: ReadonlyMap<string, number>;
}

type ModuleOf = (line: number) => string;

function costsOf({ nodes, samples, timeDeltas }: Profile, moduleOf: ModuleOf): Costs {
  const byId = new Map(nodes.map((node) => [node.id, node]));
  const functions = new Map<string, number>();
  const modules = new Map<string, number>();
  let totalUs = 0;
  let idleUs = 0;
  const add = (costs: Map<string, number>, name: string, us: number): void => void costs.set(name, (costs.get(name) ?? 0) + us);
  for (const [index, id] of samples.entries()) {
    const us = timeDeltas[index] ?? 0;
    totalUs += us;
    const frame = byId.get(id)?.callFrame;
    if (frame === undefined) continue;
    if (frame.functionName === IDLE) {
      idleUs += us;
      continue;
    }
    const module = placeOf(frame, moduleOf);
    add(functions, `${frame.functionName || "(anonymous)"} ${module}`.trimEnd(), us);
    add(modules, module === "" ? frame.functionName : module, us);
  }
  return { totalUs, busyUs: totalUs - idleUs, functions, modules };
}

function placeOf({ url, lineNumber }: ProfileNode["callFrame"], moduleOf: ModuleOf): string {
  return url.startsWith("file:") ? moduleOf(lineNumber) : url;
}

/** Which module a line of the bundle came from. */
function moduleLines(bundle: string): ModuleOf {
  const starts: { readonly line: number; readonly module: string }[] = [];
  for (const [line, text] of readFileSync(bundle, "utf8").split("\n").entries()) {
    const [, module] = MODULE_LINE.exec(text) ?? [];
    if (module !== undefined) starts.push({ line, module });
  }
  return (line) => starts.findLast((start) => start.line <= line)?.module ?? bundle;
}
