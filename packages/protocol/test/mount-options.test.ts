import { describe, expect, it } from 'vitest';
import { mountOptionProblem, mountOptionsProblem } from '../src/index.ts';

describe('an option of a mount', () => {
  it.each([
    'rsize=1048576',
    'wsize=65536',
    'nconnect=16',
    'noatime',
    'timeo=600',
    'retrans=2',
    'sec=krb5p',
    'proto=rdma',
    'actimeo=30',
    'acregmin=0',
    'lookupcache=pos',
  ])('%s may be set', (option) => {
    expect(mountOptionProblem(option)).toBeUndefined();
  });

  it.each([
    ['soft', 'fail writes'],
    ['softerr', 'fail writes'],
    ['nolock', 'second copy'],
    ['local_lock=all', 'second copy'],
    ['local_lock=none', 'second copy'],
    ['lookupcache=all', 'take lookupcache=pos'],
    ['hard', 'it always is'],
    ['vers=3', 'version of the pool'],
    ['nfsvers=4.2', 'version of the pool'],
    ['ro', 'VMs write'],
    ['nocto', 'as it was'],
    ['rsize', 'needs a value'],
    ['rsize=1000', 'no value that rsize takes'],
    ['nconnect=17', 'no value that nconnect takes'],
    ['noatime=1', 'takes no value'],
    ['sec=none', 'no value that sec takes'],
    ['exec', 'is no option that may be set'],
    ['constructor', 'is no option that may be set'],
    ['', 'is no option that may be set'],
  ])('%s is refused, and why', (option, why) => {
    expect(mountOptionProblem(option)).toContain(why);
  });

  it('is there once', () => {
    expect(mountOptionsProblem(['timeo=600', 'retrans=2'])).toBeUndefined();
    expect(mountOptionsProblem(['timeo=600', 'timeo=50'])).toMatchObject({ index: 1 });
  });
});
