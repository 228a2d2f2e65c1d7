import { COLOUR_STYLE, PICTURE_STYLE } from "./picture-style.ts";

/** Everything that a page of a report needs: it fetches nothing. */
export const PAGE_STYLE = `${COLOUR_STYLE}
*{box-sizing:border-box}
body{margin:0;background:var(--ground);color:var(--ink);font:16px/1.5 system-ui,-apple-system,"Segoe UI",Roboto,Arial,sans-serif}
main{max-width:1080px;margin:0 auto;padding:32px 20px 64px}
h1{font-size:1.7rem;line-height:1.2;margin:0 0 .5rem}
h2{font-size:1.1rem;margin:2.2rem 0 .6rem}
section{margin-top:1.6rem}
p{margin:.4rem 0;max-width:76ch}
a{color:inherit;text-decoration-color:var(--soft);text-underline-offset:2px}
:focus-visible{outline:2px solid var(--p0);outline-offset:2px}
.teaches{font-size:1.1rem}
.soft{font-weight:400;color:var(--soft)}
.verdict{margin:1.4rem 0;padding:.9rem 1.1rem;background:var(--panel);border-left:6px solid var(--good)}
.verdict h2{margin:0;font-size:1.45rem;line-height:1.25}
.verdict.allowed{border-color:var(--doubtful)}
.verdict.bad{border-color:var(--bad)}
.verdict.bad h2{color:var(--bad)}
.verdict ul{margin:.5rem 0 0;padding-left:1.2rem}
figure{margin:1rem 0}
.scroller{overflow-x:auto}
svg.run,.scroller>svg{display:block;width:100%;min-width:760px;height:auto}
figcaption{display:flex;flex-wrap:wrap;gap:.2rem 1.2rem;font-size:.85rem;color:var(--soft);margin-top:.4rem}
figcaption svg{width:22px;height:12px;vertical-align:-1px;margin-right:.35rem}
.readout{font-size:.9rem;font-variant-numeric:tabular-nums;margin:.6rem 0 0;max-width:none}
.moment{visibility:hidden}
.moment line,#cursor line{stroke:var(--ink);stroke-width:1.5}
.moment:target,.moment.on{visibility:visible}
#cursor{visibility:hidden}
#cursor.on{visibility:visible}
table{border-collapse:collapse;font-size:.9rem;font-variant-numeric:tabular-nums}
th,td{text-align:left;padding:.22rem .9rem .22rem 0;vertical-align:top;border-bottom:1px solid var(--line)}
thead th{color:var(--soft);font-weight:600}
.number{text-align:right;white-space:nowrap}
.wide{overflow-x:auto}
tr:target,tr.on{background:var(--panel)}
tr.struck td:last-child,.bad-text{color:var(--bad);font-weight:600}
pre{background:var(--panel);padding:.7rem .9rem;overflow-x:auto;margin:.4rem 0;font-size:.9rem}
code{font-family:ui-monospace,SFMono-Regular,Menlo,Consolas,"DejaVu Sans Mono",monospace}
details summary{cursor:pointer}
@media (prefers-reduced-motion:no-preference){tr{transition:background-color .15s}}
@media print{main{max-width:none;padding:0}.scroller{overflow:visible}.scroller>svg{min-width:0}.readout{display:none}figure,.verdict,tr{break-inside:avoid}*{print-color-adjust:exact;-webkit-print-color-adjust:exact}}
${PICTURE_STYLE}
`;
