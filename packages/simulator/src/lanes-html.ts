/** A run as one page that needs nothing else: a lane for each host, a bar for each VM that was there, and the timeline. */
import type { Stay } from './lanes.ts';
import { renderTrace, type TraceLine } from './trace.ts';

export interface Picture {
  readonly title: string;
  readonly hostIds: readonly string[];
  readonly stays: readonly Stay[];
  readonly untilMs: number;
  readonly lines: readonly TraceLine[];
  /** What was broken, if anything. */
  readonly broken?: string;
}

const left = 130;
const width = 1_000;
const rowHeight = 18;
const laneGap = 14;
/** Between two marks of the axis: the first of these that makes it no more than so many. */
const tickSeconds = [1, 2, 5, 10, 20, 30, 60, 120, 300, 600, 1_800, 3_600];
const mostTicks = 12;

export function lanesHtml(picture: Picture): string {
  const { title, broken, lines } = picture;
  const verdict = broken === undefined ? 'All promises held.' : `Broken: ${broken}`;
  return `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>${safe(title)}</title>
<style>${style}</style>
<h1>${safe(title)}</h1>
<p class="${broken === undefined ? 'held' : 'broken'}">${safe(verdict)}</p>
${legend}
<div class="lanes">${lanesSvg(picture)}</div>
<h2>What happened</h2>
<pre>${safe(renderTrace(lines))}</pre>
</html>
`;
}

function lanesSvg({ hostIds, stays, untilMs }: Picture): string {
  const x = (ms: number) => left + (ms / Math.max(1, untilMs)) * width;
  const parts: string[] = [];
  let y = 26;
  for (const hostId of hostIds) {
    const here = stays.filter((stay) => stay.hostId === hostId);
    const names = [...new Set(here.map(({ vmName }) => vmName))];
    const height = Math.max(1, names.length) * rowHeight;
    parts.push(
      `<rect class="lane" x="${left}" y="${y}" width="${width}" height="${height}"/>`,
      `<text class="host" x="${left - 8}" y="${y + 13}">${safe(hostId)}</text>`,
      ...here.map((stay) => bar(stay, x, y + names.indexOf(stay.vmName) * rowHeight)),
    );
    y += height + laneGap;
  }
  const step = tickSeconds.find((one) => untilMs / 1_000 / one <= mostTicks) ?? 86_400;
  const axis = Array.from({ length: Math.floor(untilMs / 1_000 / step) + 1 }, (_, at) => {
    const seconds = at * step;
    const ms = seconds * 1_000;
    return `<line x1="${x(ms)}" y1="20" x2="${x(ms)}" y2="${y}"/><text class="tick" x="${x(ms)}" y="14">${seconds} s</text>`;
  });
  const size = `width="${left + width + 30}" height="${y}"`;
  return `<svg ${size} role="img" aria-label="where each VM was, by host and time">${axis.join('')}${parts.join('')}</svg>`;
}

function bar(stay: Stay, x: (ms: number) => number, y: number): string {
  const { vmName, hostId, state, fromMs, toMs } = stay;
  const from = x(fromMs);
  const wide = Math.max(1.5, x(toMs) - from);
  const about = `${vmName} on ${hostId}: ${state}, ${fromMs / 1_000} s to ${toMs / 1_000} s`;
  const name =
    wide > 7 * vmName.length ? `<text x="${from + 4}" y="${y + 13}">${safe(vmName)}</text>` : '';
  return `<g class="${state}"><title>${safe(about)}</title><rect x="${from}" y="${y + 1}" width="${wide}" height="${rowHeight - 3}" rx="2" style="--hue:${hueOf(vmName)}"/>${name}</g>`;
}

/** The same VM has the same colour on every host. */
function hueOf(name: string): number {
  let hash = 7;
  for (const character of name) hash = (hash * 31 + (character.codePointAt(0) ?? 0)) % 360;
  return (hash * 47) % 360;
}

function safe(text: string): string {
  return text
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;');
}

const legend = `<p class="legend"><b class="running"></b> runs <b class="incoming"></b> is being moved here <b class="starting"></b> starts <b class="paused"></b> is paused</p>`;

const style = `
:root { color-scheme: light dark; --ink: #1d2330; --paper: #fff; --lane: #f0f2f6; --line: #c9ced8; }
@media (prefers-color-scheme: dark) { :root { --ink: #e6e9f0; --paper: #14171d; --lane: #1f242d; --line: #3a414e; } }
body { margin: 24px; font: 14px/1.5 system-ui, sans-serif; color: var(--ink); background: var(--paper); }
h1 { font-size: 20px; margin: 0 0 4px; } h2 { font-size: 16px; }
.held { color: #1a7f37; } .broken { color: #cf222e; font-weight: 600; }
.lanes { overflow-x: auto; } svg { font-size: 11px; }
svg text { fill: var(--ink); } svg .host { text-anchor: end; font-weight: 600; } svg .tick { text-anchor: middle; }
svg line { stroke: var(--line); stroke-dasharray: 2 4; } svg .lane { fill: var(--lane); }
svg g rect { fill: hsl(var(--hue) 60% 62%); } svg g text { fill: #10131a; }
.incoming rect { fill-opacity: .3; stroke: hsl(var(--hue) 60% 50%); stroke-dasharray: 3 2; } .incoming text { display: none; }
.starting rect { fill-opacity: .55; } .paused rect, .paused-migrating rect { fill: #d4a72c; }
.legend b { display: inline-block; width: 22px; height: 11px; border-radius: 2px; margin: 0 2px 0 12px; background: hsl(210 60% 62%); }
.legend b.incoming { opacity: .4; outline: 1px dashed; } .legend b.starting { opacity: .6; } .legend b.paused { background: #d4a72c; }
pre { font: 12px/1.45 ui-monospace, monospace; overflow-x: auto; background: var(--lane); padding: 12px; border-radius: 4px; }
`;
