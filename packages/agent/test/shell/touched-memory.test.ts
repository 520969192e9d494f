import { describe, expect, it } from 'vitest';
import { touchedIn } from '../../src/shell/touched-memory.ts';

const mapping = (sizeKib: number, rssKib: number) =>
  [
    '7f00-7f10 rw-p 00000000 00:00 0',
    `Size:           ${sizeKib} kB`,
    'KernelPageSize:        4 kB',
    `Rss:              ${rssKib} kB`,
    'Pss:                   1 kB',
  ].join('\n');

describe('the memory that a VM has touched', () => {
  it('is what is there of the mapping that is as large as the VM', () => {
    const smaps = [
      mapping(8_192, 8_192),
      mapping(262_144, 51_300),
      mapping(1_048_576, 900_000),
    ].join('\n');
    expect(touchedIn(smaps, 256)).toBe(51);
  });

  it('is not known where no mapping is that large', () => {
    expect(touchedIn(mapping(1_000, 1_000), 256)).toBeUndefined();
  });

  it('is never more than the VM has', () => {
    expect(touchedIn(mapping(270_000, 270_000), 256)).toBe(256);
  });
});
