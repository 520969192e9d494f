/**
 * The tool that holds our tables against a libvirt's protocol files reads those files right, and tells what
 * differs.
 */
import { describe, expect, it } from 'vitest';
import { compare } from '../tools/check-protocol/compare.ts';
import { parseX, XSyntaxError } from '../tools/check-protocol/x-file.ts';
import { Layouts } from '../tools/check-protocol/x-layout.ts';
import { flat } from '../tools/layout.ts';
import { thrownBy } from './support.ts';

const sample = `
%#include "somewhere.h"
const SHELF_MAX = 0x10;
const ROOM_MAX = SHELF_MAX;
typedef string title<200>;   /* a comment between */
typedef title *maybe_title;
enum binding { PAPER = 0, CLOTH };
struct book { title name; opaque mark[VIR_UUID_BUFLEN]; binding kind; hyper age; };
struct shelf_args { book books<ROOM_MAX>; maybe_title label; unsigned int flags; char code[3]; };
union either switch (int which) { case 1: int a; case 2: title b; };
struct either_ret { remote_typed_param all<4>; opaque rest<>; };
`;

describe('a protocol file', () => {
  it('is read down to the layout of its messages', () => {
    const layouts = new Layouts(parseX(sample));
    expect(layouts.of('shelf_args')).toBe('(s o[16] i h)<16> s? u i[3]');
    expect(layouts.of('either_ret')).toBe('p<4> o<>');
    expect(layouts.of(undefined)).toBe('');
  });

  it('keeps the notes that stand before a member of an enum, and counts on', () => {
    const file = parseX(`enum calls {
      /**
       * @generate: both
       * @priority: high
       */
      DESK_PROC_FIRST = 7,

      DESK_PROC_SECOND
    };`);
    expect(file.enums.get('calls')).toEqual([
      { name: 'DESK_PROC_FIRST', value: 7, notes: { generate: 'both', priority: 'high' } },
      { name: 'DESK_PROC_SECOND', value: 8, notes: {} },
    ]);
  });

  it('that is none is refused with the line', () => {
    const error = thrownBy(() => parseX('const A = 1;\nstruct b {\n  int c\n};'));
    expect(error).toBeInstanceOf(XSyntaxError);
    expect((error as Error).message).toMatch(/^line 4: } where ; was expected/);
  });
});

describe('the comparison', () => {
  const libvirt = (priority: string, fields: string) =>
    parseX(`typedef string text<4194304>;
      struct remote_connect_get_hostname_ret { ${fields} };
      enum calls {
        /**
         * @priority: ${priority}
         */
        REMOTE_PROC_CONNECT_GET_HOSTNAME = 59,
        REMOTE_PROC_BRAND_NEW = 9999
      };`);

  it('finds nothing where all is the same, and names what we have no row for', () => {
    const { agreed, differences, missing } = compare(
      'remote',
      'REMOTE',
      libvirt('high', 'text h;'),
    );
    expect({ agreed, differences, missing }).toEqual({
      agreed: 1,
      differences: [],
      missing: ['REMOTE_PROC_BRAND_NEW'],
    });
  });

  it('tells another layout and another priority', () => {
    const { differences } = compare('remote', 'REMOTE', libvirt('low', 'text h; int more;'));
    expect(differences).toEqual([
      'connectGetHostname (59): priority: libvirt has "low", we have "high"',
      'connectGetHostname (59): results: libvirt has "s i", we have "s"',
    ]);
  });

  it('tells rows that an older libvirt has not', () => {
    const { unknown } = compare('remote', 'REMOTE', libvirt('high', 'text h;'));
    expect(unknown).toContain('connectOpen (1)');
    expect(unknown).toContain('event lifecycle (318)');
  });
});

it('a struct that stands alone is its fields, one in a list is not', () => {
  expect(flat('i (s (o[16] i)) (s)<4> (i (s)<2>)')).toBe('i s o[16] i (s)<4> i (s)<2>');
});
