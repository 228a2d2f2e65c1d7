/** Colours by name: light, dark. Partitions' are told apart by people who see few colours, and stand beside their names. */
const COLOURS: Readonly<Record<string, readonly [light: string, dark: string]>> = {
  ground: ["#ffffff", "#15181c"],
  ink: ["#1c2127", "#e4e7eb"],
  soft: ["#5c6670", "#9aa4af"],
  line: ["#dfe3e8", "#2b3138"],
  quiet: ["#c3cad2", "#48515b"],
  panel: ["#f5f6f8", "#1c2025"],
  bad: ["#b3261e", "#f2867c"],
  doubtful: ["#96660a", "#e0b04a"],
  good: ["#1e6f43", "#6cc497"],
  crown: ["#a87400", "#e6b422"],
  p0: ["#2f6fb0", "#6aa9e6"],
  p1: ["#1d8577", "#4fc0af"],
  p2: ["#7a56a8", "#b394de"],
  p3: ["#8a7320", "#cbb355"],
  p4: ["#a8487d", "#e08cba"],
  p5: ["#56626e", "#a3b0bd"],
};

const variables = (scheme: 0 | 1): string =>
  Object.entries(COLOURS)
    .map(([name, colours]) => `--${name}:${colours[scheme]}`)
    .join(";");

const PARTITION_RULES = Object.keys(COLOURS)
  .filter((name) => /^p\d$/.test(name))
  .map((name) => `.${name}{fill:var(--${name})}`)
  .join("\n");

/** The same picture in light and in dark; printed, it is light. */
export const COLOUR_STYLE = `:root{color-scheme:light dark;${variables(0)}}
@media screen and (prefers-color-scheme:dark){:root{${variables(1)}}}`;

/** How the shapes of a scene look. */
export const PICTURE_STYLE = `svg text{font-family:system-ui,-apple-system,"Segoe UI",Roboto,Arial,sans-serif;fill:var(--ink)}
.grid{stroke:var(--line);stroke-width:1}
.separator{stroke:var(--line);stroke-width:1}
.tick,.note{fill:var(--soft)!important;font-variant-numeric:tabular-nums}
.name{font-weight:600}
.partition-name{fill:var(--soft)!important}
.partition-title,.section{font-weight:600;paint-order:stroke;stroke:var(--ground);stroke-width:4px;stroke-linejoin:round}
.state{stroke:none}
.in-service{fill:var(--quiet)}
.starting,.stopping{fill:var(--ground);stroke:var(--quiet);stroke-dasharray:2 2}
.out-of-service{fill:var(--doubtful)}
.down{fill:none;stroke:none}
.office,.crown{fill:var(--crown)}
.leader{rx:1.5px}
.member{opacity:.75}
.fault{fill:url(#hatch)}
.hatch-ground{fill:var(--bad);opacity:.07}
.hatch-line{stroke:var(--bad);stroke-width:1.4;opacity:.32}
.fault-line{stroke:var(--bad);stroke-width:1;stroke-dasharray:3 3;opacity:.75}
.fault-label{fill:var(--bad)!important;font-weight:600;paint-order:stroke;stroke:var(--ground);stroke-width:3px;stroke-linejoin:round}
.base{stroke:var(--quiet);stroke-width:1}
.slit{fill:var(--ground)}
.errors{fill:var(--bad)}
.gap{fill:var(--bad)}
.gap-label{fill:var(--bad)!important;font-weight:600;font-variant-numeric:tabular-nums;paint-order:stroke;stroke:var(--ground);stroke-width:3px;stroke-linejoin:round}
${PARTITION_RULES}`;
