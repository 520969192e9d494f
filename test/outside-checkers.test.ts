/** The two that look at the end-to-end tests from outside see harm where there is some, and none elsewhere. */
import { describe, expect, it } from 'vitest';
import { readCanary } from './end-to-end/support/canary.ts';
import { type AskedFor, type Sight, Witness } from './end-to-end/support/witness.ts';

const uuid = '11111111-1111-4111-8111-111111111111';
const once: AskedFor = { starts: () => 1, ends: () => 0 };

/** A QEMU of the VM with this pid, as a lookout tells of it. */
function qemu(pid: number, incoming = false) {
  const who = { name: `${uuid}.${pid}`, incoming };
  return {
    answers: (status: string, atMs: number): Sight => ({
      type: 'answer',
      ...who,
      status,
      sentMs: atMs - 1,
      receivedMs: atMs + 1,
    }),
    says: (event: 'STOP' | 'RESUME', atMs: number): Sight => ({
      type: 'event',
      ...who,
      event,
      atMs,
    }),
    isThere: (atMs: number): Sight => ({ type: 'look', atMs, alive: [who.name] }),
  };
}
const nothingThere = (atMs: number): Sight => ({ type: 'look', atMs, alive: [] });
const lists = (atMs: number, ...ids: string[]): Sight => ({
  type: 'list',
  sentMs: atMs,
  receivedMs: atMs + 10,
  running: ids.map((id) => ({ id, uuid })),
});

function witness(...sights: readonly (readonly [host: string, Sight])[]): Witness {
  const one = new Witness();
  for (const [host, sight] of sights) one.hear(host, sight);
  return one;
}

const source = qemu(100);
const target = qemu(200, true);
const moved: readonly (readonly [string, Sight])[] = [
  ['h1', source.answers('running', 100)],
  ['h2', target.answers('inmigrate', 300)],
  ['h1', source.answers('running', 400)],
  ['h1', source.says('STOP', 500)],
  ['h2', target.says('RESUME', 520)],
  ['h1', source.answers('postmigrate', 600)],
  ['h2', target.answers('running', 600)],
  ['h1', nothingThere(700)],
];

describe('the witness', () => {
  it('has nothing to say of a VM that moved: it stopped here before it went on there', () => {
    const seen = witness(...moved);
    expect(seen.harm(once)).toEqual([]);
    expect([seen.runningOn('h1'), seen.runningOn('h2'), seen.lives(uuid)]).toEqual([[], [uuid], 1]);
  });

  it('says where a VM ran on two hosts at one moment', () => {
    const seen = witness(
      ['h1', source.answers('running', 100)],
      ['h2', target.says('RESUME', 200)],
      ['h2', target.answers('running', 250)],
      ['h1', source.answers('running', 300)],
    );
    expect(seen.harm(once)).toEqual([
      `${uuid} ran on h1 and h2 at one moment, as its QEMUs say`,
      `one copy of ${uuid} ran on after the other had run, h1 and h2, as its QEMUs say`,
    ]);
  });

  it('and not where both were only asked at about the same time', () => {
    const seen = witness(
      ['h1', source.answers('running', 100)],
      ['h1', source.says('STOP', 100.5)],
      ['h2', target.answers('running', 101)],
    );
    expect(seen.harm(once)).toEqual([]);
  });

  it('says where a copy ran on after another had run', () => {
    const seen = witness(
      ...moved.slice(0, 5),
      ['h2', target.says('STOP', 530)],
      ['h1', source.says('RESUME', 540)],
    );
    expect(seen.harm(once)).toEqual([
      `one copy of ${uuid} ran on after the other had run, h1 and h2, as its QEMUs say`,
    ]);
  });

  it('says where a VM has ended that nobody asked to stop, and is content where somebody did', () => {
    const seen = witness(['h1', source.answers('running', 100)], ['h1', nothingThere(200)]);
    expect(seen.harm(once)).toEqual([
      `${uuid} ended 1 times, asked for 0 times (h1 booted it 00:00:00.101 to 00:00:00.101)`,
    ]);
    expect(seen.harm({ starts: () => 1, ends: () => 1 })).toEqual([]);
  });

  it('says where a VM was started once more than anybody asked for', () => {
    const seen = witness(
      ['h1', source.answers('running', 100)],
      ['h1', nothingThere(200)],
      ['h2', qemu(300).answers('running', 400)],
    );
    expect(seen.harm({ starts: () => 1, ends: () => 1 })).toEqual([
      `${uuid} was started 2 times, asked for 1 times (h1 booted it 00:00:00.101 to 00:00:00.101, h2 booted it 00:00:00.401 to 00:00:00.401)`,
    ]);
  });

  it('says where a VM that gave itself away runs nowhere', () => {
    const seen = witness(...moved.slice(0, 4), ['h1', source.answers('postmigrate', 600)]);
    expect(seen.harm(once)).toEqual([
      `${uuid} ended 1 times, asked for 0 times (h1 booted it 00:00:00.101 to 00:00:00.500)`,
    ]);
  });

  it('takes a pid that is given again for another QEMU', () => {
    const seen = witness(['h1', source.answers('running', 100)]);
    seen.dark('h1');
    seen.hear('h1', source.answers('running', 900));
    expect(seen.lives(uuid)).toBe(2);
  });

  it('says where libvirt lists a VM on two hosts in turn, and not where it moved', () => {
    const there = witness(['h1', lists(100, '4')], ['h2', lists(200, '9')], ['h1', lists(300)]);
    expect(there.harm(once)).toEqual([]);
    there.hear('h1', lists(400, '5'));
    expect(there.harm(once)).toEqual([]);
    const twice = witness(
      ['h1', lists(100, '4')],
      ['h2', lists(200, '9')],
      ['h1', lists(300, '4')],
    );
    expect(twice.harm(once)).toEqual([
      `one copy of ${uuid} ran on after the other had run, h1 and h2, as libvirt lists it`,
    ]);
  });

  it('knows how well it saw', () => {
    const seen = witness(['h1', source.isThere(100)], ['h1', source.isThere(900)]).seen('h1');
    expect(seen).toMatchObject({ looks: 2, longestGapMs: 800, answers: 0, lists: 0 });
  });
});

const first = '57492f15-3a14-4a96-a030-3e18215278a8';
const second = 'b87c9abd-8b1e-4383-aaf1-e6b0be293844';
const records = (boot: string, from: number, to: number, foreign = 0) =>
  Array.from(
    { length: to - from + 1 },
    (_, at) => `record ${from + at} ${boot} ${(from + at) * 10} foreign ${foreign}\n`,
  ).join('');

describe('the canary’s log', () => {
  const one = `chapter 1 ${first} after none 0\n${records(first, 1, 97)}`;

  it('of one boot and of a boot after another has one writer', () => {
    expect(readCanary(one)).toEqual({ boots: [first], lastAt: 970, records: 97, harm: [] });
    const two = `${one}chapter 2 ${second} after ${first} 97\n${records(second, 1, 5)}`;
    expect(readCanary(two)).toMatchObject({ boots: [first, second], lastAt: 50, harm: [] });
  });

  it('that has come round in its chapter has one writer', () => {
    const round = `chapter 1 ${first} after none 0\n${records(first, 2048, 3000)}${records(first, 954, 2047)}`;
    expect(readCanary(round)).toMatchObject({ records: 2047, harm: [] });
  });

  it.each([
    [
      'a boot that went on after the next had begun',
      `${one}${records(first, 98, 153)}chapter 2 ${second} after ${first} 97\n${records(second, 1, 75)}`,
      `two writers: boot ${first} wrote record 153, and boot ${second} had begun after its record 97`,
    ],
    [
      'two boots in one chapter',
      one.replace(`record 7 ${first}`, `record 7 ${second}`),
      'is by boot',
    ],
    ['a record that is missing', one.replace(`record 7 ${first} 70 foreign 0\n`, ''), 'follows 6'],
    ['writing that the canary itself found', `${one}${records(first, 98, 99, 1)}`, 'foreign'],
    ['time that goes back', one.replace(`${first} 70 `, `${first} 55 `), 'not later'],
    [
      'a chapter that is missing',
      `${one}chapter 3 ${second} after ${first} 97\n`,
      'follows chapter 1',
    ],
    ['anything else', `${one}drover\n`, 'what no canary writes'],
  ])('shows %s', (_what, text, sentence) => {
    expect(readCanary(text).harm.join('\n')).toContain(sentence);
  });
});
