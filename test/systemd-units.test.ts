/** The systemd units: what they start is there, and what the agent's end must not take with it stays. */
import { existsSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { readText } from './support/sources.ts';

const names = ['agent', 'scheduler', 'api'] as const;

/** The last of a key is the one that counts. */
function readUnit(name: (typeof names)[number]): ReadonlyMap<string, string> {
  const lines = readText(`deploy/systemd/drover-${name}.service`).split('\n');
  const settings = lines.filter((line) => /^[A-Za-z]+=/.test(line));
  return new Map(settings.map((line) => [line.replace(/=.*/, ''), line.replace(/^[^=]*=/, '')]));
}

describe('the systemd units', () => {
  for (const name of names) {
    it(`of the ${name} starts its program again, whatever ended it`, () => {
      const unit = readUnit(name);
      const program = /\/opt\/drover\/(\S+\.ts) --config \/etc\/drover\/(\S+)\.yaml$/.exec(
        unit.get('ExecStart') ?? '',
      );
      expect(program?.[2]).toBe(name);
      expect(existsSync(program?.[1] ?? '')).toBe(true);
      expect(unit.get('Restart')).toBe('always');
      expect(unit.get('StartLimitIntervalSec')).toBe('0');
    });
  }

  it('let a migration’s tunnels outlive the agent', () => {
    expect(readUnit('agent').get('KillMode')).toBe('process');
  });

  it('let the agent start while a file server is silent: nothing goes through all mounts', () => {
    expect(readUnit('agent').get('ProtectSystem')).toBe('full');
  });

  it('give scheduler and API no right of root', () => {
    for (const name of ['scheduler', 'api'] as const) {
      expect(readUnit(name).get('User')).toBe('drover');
      expect(readUnit(name).get('CapabilityBoundingSet')).toBe('');
    }
  });
});
