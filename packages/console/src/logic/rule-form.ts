/** A rule as its form has it: what the API takes of it, the command that does the same, and what is missing still. */
import type { Body } from '@drover/client/body';
import { quoted } from './cli-lines.ts';

export type Rule = Body<'Rule'>;
export type RulePlan = Body<'RulePlan'>;
export type RuleSpec = Rule['spec'];

export const ruleTypes = ['apart', 'together', 'spread', 'pinned', 'away'] as const;

export interface RuleForm {
  readonly name: string;
  readonly type: (typeof ruleTypes)[number];
  readonly over: 'host' | 'rack' | 'zone';
  /** Names, and `key=value` for all VMs with that label. */
  readonly vms: readonly string[];
  readonly hosts: readonly string[];
  readonly isSoft: boolean;
  readonly weight: number;
  readonly bends: boolean;
  readonly maxSkew: number;
}

export const emptyRule: RuleForm = {
  name: '',
  type: 'apart',
  over: 'host',
  vms: [],
  hosts: [],
  isSoft: false,
  weight: 10,
  bends: false,
  maxSkew: 1,
};

/** It names its hosts, and is not about places of one kind. */
export const isOfHosts = ({ type }: Pick<RuleForm, 'type'>): boolean =>
  type === 'pinned' || type === 'away';

const meanings: Readonly<Record<RuleForm['type'], string>> = {
  apart: 'No two of them in one place',
  together: 'All of them in one place',
  spread: 'Evenly over the places',
  pinned: 'Only on these hosts',
  away: 'On any but these hosts',
};

export const meaningOf = (type: RuleForm['type']): string => meanings[type];

/** What keeps it from being asked about. */
export function missing(form: RuleForm): string | undefined {
  if (!/^[a-z0-9][a-z0-9._-]*$/i.test(form.name)) return 'It needs a name.';
  if (form.vms.length === 0) return 'Say which VMs it is about.';
  if (isOfHosts(form) && form.hosts.length === 0) return 'Say which hosts it is about.';
  return undefined;
}

export function ruleSpecOf(form: RuleForm): RuleSpec {
  const { type, over, maxSkew } = form;
  const base = {
    vms: selectorOf(form.vms),
    strength: form.isSoft ? ('soft' as const) : ('hard' as const),
    ...(form.isSoft ? { weight: form.weight } : form.bends ? { bendsForDrain: true } : {}),
  };
  if (type === 'pinned' || type === 'away') {
    return { ...base, type, hosts: selectorOf(form.hosts) };
  }
  return type === 'spread' ? { ...base, type, over, maxSkew } : { ...base, type, over };
}

function selectorOf(words: readonly string[]): RuleSpec['vms'] {
  const ids = words.filter((word) => !isLabel(word));
  const labels = Object.fromEntries(words.filter(isLabel).map(parted));
  return {
    ...(ids.length === 0 ? {} : { ids }),
    ...(ids.length === words.length ? {} : { labels }),
  };
}

const isLabel = (word: string): boolean => word.includes('=');

function parted(label: string): readonly [string, string] {
  const at = label.indexOf('=');
  return [label.slice(0, at), label.slice(at + 1)];
}

export function createRuleLine(form: RuleForm): string {
  const flags = (words: readonly string[], one: string) =>
    words.flatMap((word) => [isLabel(word) ? `${one}-label` : one, word]);
  const words = [
    ...(form.name === '' ? ['NAME'] : [form.name]),
    form.type,
    ...flags(form.vms, '--vm'),
    ...(isOfHosts(form) ? flags(form.hosts, '--host') : []),
    ...(isOfHosts(form) || form.over === 'host' ? [] : ['--over', form.over]),
    ...(form.type === 'spread' && form.maxSkew !== 1 ? ['--max-skew', `${form.maxSkew}`] : []),
    ...(form.isSoft ? ['--soft'] : []),
    ...(form.isSoft && form.weight !== 10 ? ['--weight', `${form.weight}`] : []),
    ...(!form.isSoft && form.bends ? ['--bends'] : []),
  ];
  return ['drover rule create', ...words.map(quoted)].join(' ');
}
