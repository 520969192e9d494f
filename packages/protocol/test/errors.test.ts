/** The closed list of errors, and the one class that carries them. */
import { describe, expect, it } from 'vitest';
import { DroverError, errorCatalogue, generationRule, isErrorCode } from '../src/index.ts';

describe('errors', () => {
  it.each(Object.entries(errorCatalogue))('%s can be told and answered', (code, entry) => {
    expect(code).toMatch(/^[a-z0-9]+(-[a-z0-9]+)*$/);
    expect(entry.status).toBeGreaterThanOrEqual(400);
    expect(entry.status).toBeLessThan(600);
    expect(entry.title.length).toBeGreaterThan(5);
  });

  it.each(['constructor', '__proto__', 'toString', '', 'No-Leader'])('%j is no code', (code) => {
    expect(isErrorCode(code)).toBe(false);
  });

  it('an error keeps its code, cause and details', () => {
    const cause = new Error('reset');
    const error = new DroverError('store-unavailable', 'etcd at 10.0.0.1: reset', {
      cause,
      details: { outcome: 'unknown' },
    });
    expect(error).toBeInstanceOf(Error);
    expect(error).toMatchObject({
      name: 'DroverError',
      code: 'store-unavailable',
      message: 'etcd at 10.0.0.1: reset',
      details: { outcome: 'unknown' },
      status: 503,
      retry: 'later',
    });
    expect(error.cause).toBe(cause);
    expect(Object.hasOwn(new DroverError('conflict', 'x'), 'cause')).toBe(false);
  });
});

describe('generations', () => {
  it('only what makes a host the owner needs a newer one', () => {
    const newer = Object.entries(generationRule)
      .filter(([, rule]) => rule === 'newer')
      .map(([kind]) => kind);
    expect(newer.toSorted()).toEqual(['prepare-incoming', 'resume-saved', 'start-vm']);
  });
});
