/**
 * What a place is judged by: named policies, and weights of the user's own. A weight of 0, or none, leaves a
 * term out.
 */
import { limits } from '../limits.ts';

export const scoreNames = [
  'memoryLeft',
  'cpuLeft',
  'memoryFilled',
  'cpuFilled',
  'shapeLeft',
  'cpuIdle',
  'cpuCalm',
  'memoryCalm',
  'softRules',
  'zoneSpread',
  'stays',
  'leavesTogether',
  'headroom',
] as const;

export type ScoreName = (typeof scoreNames)[number];

/** Whole numbers from 0 to `limits.scoreWeight`. */
export type ScoreWeights = Readonly<Partial<Record<ScoreName, number>>>;

export const policyNames = ['spread', 'pack', 'balanced'] as const;

/** `spread` keeps hosts as free as it can, `pack` fills some so that others stay empty. */
export type PolicyName = (typeof policyNames)[number];

export type ScorePolicy = PolicyName | ScoreWeights;

export const policies: Readonly<Record<PolicyName, ScoreWeights>> = {
  balanced: {
    memoryLeft: 4,
    cpuLeft: 2,
    cpuCalm: 2,
    memoryCalm: 1,
    softRules: 6,
    zoneSpread: 1,
    stays: 1,
  },
  spread: {
    memoryLeft: 6,
    cpuLeft: 4,
    cpuIdle: 2,
    cpuCalm: 2,
    memoryCalm: 1,
    softRules: 6,
    zoneSpread: 4,
  },
  pack: {
    memoryFilled: 3,
    cpuFilled: 3,
    shapeLeft: 3,
    cpuCalm: 2,
    memoryCalm: 1,
    softRules: 6,
    leavesTogether: 18,
  },
};

export function weightsOf(policy: ScorePolicy = 'balanced'): ScoreWeights {
  return typeof policy === 'string' ? policies[policy] : policy;
}

/** What is wrong with weights that somebody wrote, or nothing. */
export function problemWithWeights(weights: Readonly<Record<string, unknown>>): string | undefined {
  for (const [name, weight] of Object.entries(weights)) {
    if (!scoreNames.some((known) => known === name)) {
      return `there is no score ${name}: ${scoreNames.join(', ')}`;
    }
    if (!Number.isInteger(weight) || Number(weight) < 0 || Number(weight) > limits.scoreWeight) {
      return `the weight of ${name} is no whole number from 0 to ${limits.scoreWeight}`;
    }
  }
  return undefined;
}
