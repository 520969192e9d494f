/**
 * Our tables against the protocol files of one libvirt: numbers, names, priorities, streams, and what each
 * message is made of. What libvirt has and we do not is told apart from what differs.
 */
import { eventNames, type EventName, eventRowOf } from '../../src/protocol/events.ts';
import type { Procedure } from '../../src/protocol/procedure.ts';
import { procedures } from '../../src/protocol/procedures.ts';
import type { ProgramName } from '../../src/protocol/programs.ts';
import { flat, layoutOf } from '../layout.ts';
import type { EnumMember, XFile } from './x-file.ts';
import { Layouts } from './x-layout.ts';

export interface Comparison {
  /** Calls and events of ours that agree. */
  readonly agreed: number;
  /** One line each. */
  readonly differences: readonly string[];
  /** Ours that this libvirt does not have: it may be older. */
  readonly unknown: readonly string[];
  /** libvirt's that we have no row for. */
  readonly missing: readonly string[];
}

/** libvirt notes only that the daemon sends; these two listen as well. */
const bothWays: ReadonlySet<string> = new Set(['domainOpenConsole', 'domainOpenChannel']);

export function compare(program: ProgramName, prefix: string, file: XFile): Comparison {
  const layouts = new Layouts(file);
  const members = [...file.enums.values()].flat().filter(({ name }) => isProcedure(name, prefix));
  const byNumber = new Map(members.map((member) => [member.value, member]));
  const differences: string[] = [];
  const unknown: string[] = [];
  const ours = new Set<number>();
  let agreed = 0;
  const judge = (number: number, name: string, faults: (member: EnumMember) => string[]) => {
    ours.add(number);
    const member = byNumber.get(number);
    if (member === undefined) {
      unknown.push(`${name} (${number})`);
      return;
    }
    const found = faults(member);
    differences.push(...found.map((fault) => `${name} (${number}): ${fault}`));
    if (found.length === 0) agreed += 1;
  };
  for (const [name, row] of rowsOf(program)) {
    judge(row.number, name, (member) => [
      ...unequal('name', camelCase(member.name, prefix), name),
      ...unequal('priority', member.notes['priority'] ?? 'low', row.priority),
      ...unequal('stream', streamOf(member, name), row.stream),
      ...unequal('arguments', layouts.of(structOf(file, member, 'args')), layoutOf(row.args)),
      ...unequal('results', layouts.of(structOf(file, member, 'ret')), layoutOf(row.ret)),
    ]);
  }
  for (const name of eventsOf(program)) {
    const row = eventRowOf(name);
    judge(row.message, `event ${name}`, (member) =>
      unequal(
        'message',
        flat(layouts.of(structOf(file, member, 'msg')) ?? ''),
        // All but one begin with the id of the registration that they answer.
        flat(`${row.scope === 'connection' ? '' : 'i '}${layoutOf(row.wire)}`),
      ),
    );
  }
  const missing = members.filter(({ value }) => !ours.has(value)).map(({ name }) => name);
  return { agreed, differences, unknown, missing };
}

function rowsOf(program: ProgramName): readonly (readonly [string, Procedure])[] {
  const rows = Object.entries(procedures as Readonly<Record<string, Procedure>>);
  return rows.filter(([, row]) => row.program === program);
}

function eventsOf(program: ProgramName): readonly EventName[] {
  return eventNames.filter((name) => eventRowOf(name).program === program);
}

/** Without the count that libvirt keeps at the end of some enums. */
function isProcedure(name: string, prefix: string): boolean {
  return name.startsWith(`${prefix}_PROC_`);
}

function unequal(what: string, theirs: string | undefined, ours: string | undefined): string[] {
  const same = theirs === ours;
  return same ? [] : [`${what}: libvirt has ${shown(theirs)}, we have ${shown(ours)}`];
}

const shown = (text: string | undefined) => (text ? `"${text}"` : 'none');

/** `REMOTE_PROC_DOMAIN_GET_XML_DESC` as `domainGetXmlDesc`, with another program's name in front. */
export function camelCase(name: string, prefix: string): string {
  const words = name.slice(`${prefix}_PROC_`.length).toLowerCase().split('_');
  const all = prefix === 'REMOTE' ? words : [prefix.toLowerCase(), ...words];
  return all.map((word, at) => (at === 0 ? word : word[0]?.toUpperCase() + word.slice(1))).join('');
}

function streamOf({ notes }: EnumMember, name: string): string | undefined {
  if (notes['readstream'] !== undefined) return bothWays.has(name) ? 'both' : 'read';
  return notes['writestream'] === undefined ? undefined : 'write';
}

function structOf(file: XFile, { name }: EnumMember, kind: 'args' | 'ret' | 'msg') {
  const struct = `${name.replace('_PROC_', '_').toLowerCase()}_${kind}`;
  return file.structs.has(struct) ? struct : undefined;
}
