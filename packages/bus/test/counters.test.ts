/** What may be sent, and what may be read. */
import { wireLimits } from '@drover/protocol';
import { describe, expect, it } from 'vitest';
import { decode, fits } from '../src/counters.ts';
import { connectBus } from '../src/index.ts';

const encoder = new TextEncoder();

describe('texts', () => {
  it('are measured in bytes', () => {
    expect(fits('x'.repeat(wireLimits.messageBytes))).toBe(true);
    expect(fits('é'.repeat(wireLimits.messageBytes / 2 + 1))).toBe(false);
  });

  it('are read as they were sent', () => {
    expect(decode(encoder.encode('{"a":"é✓"}'))).toBe('{"a":"é✓"}');
    expect(decode(new Uint8Array())).toBe('');
  });

  it('are not guessed where they are no UTF-8, or too long', () => {
    expect(decode(Uint8Array.of(0x7b, 0xff, 0x7d))).toBeUndefined();
    expect(decode(new Uint8Array(wireLimits.messageBytes + 1))).toBeUndefined();
  });
});

describe('an NKey', () => {
  it('that is none is refused at once', () => {
    expect(() =>
      connectBus({ servers: ['nats://127.0.0.1:1'], name: 'x', nkeySeed: 'SUX' }),
    ).toThrow('invalid');
  });
});
