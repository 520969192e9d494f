/** What was used over time as areas to be drawn: for each thing that is measured its mean, and behind it the most. */
import { seriesIn, stepsOf } from '@drover/cli/words';
import type { Usage } from './types.ts';

export interface UsageArea {
  readonly name: string;
  /** Paths in a box as wide as there are steps, and 100 high. A gap is in none of them. */
  readonly mean: string;
  readonly most: string;
  readonly meanText: string;
  readonly mostText: string;
  /** All that is to be seen, in words. */
  readonly label: string;
}

export const chartHeight = 100;

export function usageAreas(usage: Usage, timeOf: (ms: number) => string): readonly UsageArea[] {
  return seriesIn(usage).map(({ name, mean, most, text }) => {
    const means = stepsOf(usage, mean);
    const mosts = stepsOf(usage, most);
    const top = Math.max(1, ...mosts.map((value) => value ?? 0));
    const measured = means.filter((value) => value !== undefined);
    const average = measured.reduce((sum, value) => sum + value, 0) / Math.max(1, measured.length);
    const highest = Math.max(0, ...mosts.map((value) => value ?? 0));
    const meanText = text(Math.round(average));
    const mostText = text(highest);
    const at = timeOf(usage.fromMs + mosts.indexOf(highest) * usage.stepMs);
    const gaps = means.length - measured.length;
    const gapText = gaps === 0 ? '' : `; not measured in ${gaps} of ${means.length} steps`;
    return {
      name,
      mean: pathOf(means, top),
      most: pathOf(mosts, top),
      meanText,
      mostText,
      label: `${name}: mean ${meanText}, most ${mostText} at ${at}${gapText}`,
    };
  });
}

/** Stairs, a step for each value; where there is none the ground is left out. */
export function pathOf(values: readonly (number | undefined)[], top: number): string {
  let path = '';
  let isOn = false;
  for (const [at, value] of values.entries()) {
    if (value === undefined) {
      if (isOn) path += `V${chartHeight}Z`;
      isOn = false;
      continue;
    }
    if (!isOn) path += `M${at} ${chartHeight}`;
    isOn = true;
    path += `V${Math.round(chartHeight * (1 - value / top) * 10) / 10}H${at + 1}`;
  }
  return isOn ? `${path}V${chartHeight}Z` : path;
}
