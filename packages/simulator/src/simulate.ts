/** A user's own cluster and script: what would happen, as lines and as a picture. */
import { parse } from 'yaml';
import { lanesHtml } from './lanes-html.ts';
import { runScenario } from './play.ts';
import { readScenario } from './scenario.ts';
import { readStanding } from './standing.ts';
import { renderTrace } from './trace.ts';

export interface Simulated {
  /** Line by line: when, who, what. */
  readonly timeline: string;
  /** A whole page. */
  readonly html: string;
  /** Of Drover's promises, the one that was broken. */
  readonly broken?: string;
}

/** `dump` as `drover dump` prints it; `script` is YAML with `script` and `until`. Throws with the place that is wrong. */
export function simulate(dump: string, name: string, script: string): Simulated {
  const standing = readStanding(dump);
  const scenario = readScenario(name, parse(script), standing);
  const { world, trace } = runScenario(scenario);
  const { violation } = world;
  const broken = violation === undefined ? undefined : `${violation.promise}: ${violation.what}`;
  const html = lanesHtml({
    title: scenario.claim === '' ? name : scenario.claim,
    hostIds: standing.hosts.map(({ id }) => id),
    stays: world.lanes.until(Math.min(world.nowMs, scenario.untilMs)),
    untilMs: scenario.untilMs,
    lines: trace,
    ...(broken === undefined ? {} : { broken }),
  });
  return { timeline: renderTrace(trace), html, ...(broken === undefined ? {} : { broken }) };
}
