/** The picture of etcd that scheduler and API have: what is news in it, and what is not. */
import { describe, expect, it } from 'vitest';
import { keys, RecordMirror } from '../src/index.ts';

const vmId = '22222222-2222-4222-8222-222222222222';
const key = keys.assignment(vmId);
const spec = { vcpus: 1, memoryMib: 128, disks: [], networks: [] };
const owner = (hostId: string) =>
  JSON.stringify({ v: 1, vmId, hostId, generation: 1, state: 'running' });
const at = (modRevision: number, value?: string) =>
  value === undefined ? { key, modRevision } : { key, value, modRevision };
const hostOf = (mirror: RecordMirror) => mirror.assignments.get(vmId)?.value.hostId;

function aMirror(): RecordMirror {
  const mirror = new RecordMirror();
  mirror.load(5, [at(5, owner('h1'))]);
  return mirror;
}

describe('a mirror', () => {
  it('takes what a watch tells, and says whether it is news', () => {
    const mirror = aMirror();
    expect(mirror.change(6, [at(6, owner('h2'))])).toBe(true);
    expect(hostOf(mirror)).toBe('h2');
    expect(mirror.change(6, [at(6, owner('h2'))])).toBe(false);
    expect(mirror.change(7, [at(7)])).toBe(true);
    expect(hostOf(mirror)).toBeUndefined();
    expect(mirror.change(7, [at(7)])).toBe(false);
    expect(mirror.revision).toBe(7);
  });

  it('hears of own commits again, which is no news, and of nothing older', () => {
    const mirror = aMirror();
    mirror.committed(9, [{ key, value: owner('h3') }]);
    expect(mirror.change(8, [at(8, owner('h2'))])).toBe(false);
    expect(mirror.change(9, [at(9, owner('h3'))])).toBe(false);
    expect(hostOf(mirror)).toBe('h3');
    mirror.committed(10, [{ key }]);
    expect(mirror.change(9, [at(9, owner('h3'))])).toBe(false);
    expect(hostOf(mirror)).toBeUndefined();
  });

  it('has the same value where the text is the same, after all was loaded anew too', () => {
    const mirror = aMirror();
    const { value } = mirror.assignments.get(vmId) ?? {};
    mirror.load(9, [at(8, owner('h1'))]);
    expect(mirror.assignments.get(vmId)).toMatchObject({ modRevision: 8 });
    expect(mirror.assignments.get(vmId)?.value).toBe(value);
    mirror.change(10, [at(10, owner('h1'))]);
    expect(mirror.assignments.get(vmId)?.value).toBe(value);
  });

  it('goes by the text, not by the revision: a restored etcd counts some of them twice', () => {
    const mirror = aMirror();
    mirror.load(5, [at(5, owner('h7'))]);
    expect(hostOf(mirror)).toBe('h7');
  });

  it('has nothing that a load does not bring', () => {
    const mirror = aMirror();
    mirror.load(6, []);
    expect(mirror.assignments.size).toBe(0);
  });

  it('keeps what it had where a text cannot be read, and says why, until it can or is gone', () => {
    const mirror = aMirror();
    expect(mirror.change(6, [at(6, '{')])).toBe(true);
    expect(hostOf(mirror)).toBe('h1');
    expect(mirror.unreadable.get(key)).toMatch(/JSON/);
    mirror.change(7, [at(7, owner('h2'))]);
    expect([mirror.unreadable.size, hostOf(mirror)]).toEqual([0, 'h2']);
    mirror.change(8, [at(8, '{')]);
    expect(mirror.change(9, [at(9)])).toBe(true);
    expect([mirror.unreadable.size, hostOf(mirror)]).toEqual([0, undefined]);
  });

  it('takes no record without an id, nor one that is about something else than its key', () => {
    const mirror = aMirror();
    const intent = { v: 1, name: 'web', spec, desired: 'running', by: 'x', createdAtMs: 1 };
    const other = vmId.replaceAll('2', '3');
    const wrong = [
      [keys.vmIntent(vmId), intent],
      [keys.assignment(other), { v: 1, vmId, hostId: 'h9', generation: 1, state: 'running' }],
      [keys.vmIntent(other), { ...intent, id: vmId }],
    ] as const;
    const changes = wrong.map(([where, value]) => ({
      key: where,
      value: JSON.stringify(value),
      modRevision: 6,
    }));
    expect(mirror.change(6, changes)).toBe(true);
    expect(mirror.vmIntents.size).toBe(0);
    expect([...mirror.assignments.keys()]).toEqual([vmId]);
    expect([...mirror.unreadable.values()]).toEqual([
      expect.stringContaining('id'),
      `it is about ${vmId}`,
      `it is about ${vmId}`,
    ]);
  });

  it('has no word for keys that are not its own', () => {
    const mirror = aMirror();
    const other = { key: '/drover/elsewhere', value: '{}', modRevision: 6 };
    expect(mirror.change(6, [other])).toBe(false);
    expect(mirror.revision).toBe(6);
  });
});
