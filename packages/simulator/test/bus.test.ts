import { describe, expect, it } from 'vitest';
import { Bus } from '../src/bus.ts';
import { Random } from '@drover/core';
import { steady } from '../src/tempo.ts';
import { Timeline } from '../src/timeline.ts';
import { runFor } from './support.ts';

function connected() {
  const timeline = new Timeline();
  const bus = new Bus(timeline, new Random(1), steady);
  const heard: string[] = [];
  const states: string[] = [];
  const listener = (id: string) => ({
    onText: (_: string, text: string) => heard.push(text),
    onState: (state: string) => states.push(`${id} ${state}`),
  });
  bus.attach('h1', [/^to\.h1$/], listener('h1'));
  bus.attach('s1', [], listener('s1'));
  bus.attach('s2', [], listener('s2'));
  runFor(timeline, 2_000);
  return { timeline, bus, heard, states };
}

describe('the bus', () => {
  it('keeps the order of one sender, whatever each message’s delay', () => {
    const { timeline, bus, heard } = connected();
    bus.link('s1').lagMs = [0, 3_000];
    for (let i = 0; i < 20; i += 1) bus.publish('s1', 'to.h1', String(i));
    runFor(timeline, 10_000);
    expect(heard).toEqual(Array.from({ length: 20 }, (_, i) => String(i)));
  });

  it('lets a quick sender overtake a slow one', () => {
    const { timeline, bus, heard } = connected();
    bus.link('s1').lagMs = [3_000, 3_000];
    bus.publish('s1', 'to.h1', 'first');
    bus.publish('s2', 'to.h1', 'second');
    runFor(timeline, 10_000);
    expect(heard).toEqual(['second', 'first']);
  });

  it('delivers what a sender that has died had sent', () => {
    const { timeline, bus, heard } = connected();
    bus.publish('s1', 'to.h1', 'last words');
    bus.detach('s1');
    runFor(timeline, 1_000);
    expect(heard).toEqual(['last words']);
  });

  it('keeps nothing for those who are not there', () => {
    const { timeline, bus, heard, states } = connected();
    bus.cut('h1');
    bus.publish('s1', 'to.h1', 'into the void');
    runFor(timeline, 15_000);
    expect(states.at(-1)).toBe('h1 disconnected');
    bus.heal('h1');
    runFor(timeline, 2_000);
    expect(states.at(-1)).toBe('h1 connected');
    bus.publish('s1', 'to.h1', 'again');
    runFor(timeline, 1_000);
    expect(heard).toEqual(['again']);
  });

  it.each([
    ['isDeaf', 'h1'],
    ['isMute', 's1'],
  ] as const)('is cut in one direction, and nobody notices (%s)', (flag, id) => {
    const { timeline, bus, heard, states } = connected();
    const before = states.length;
    bus.link(id)[flag] = true;
    bus.publish('s1', 'to.h1', 'lost');
    runFor(timeline, 60_000);
    expect([heard, states.length]).toEqual([[], before]);
  });

  it('loses what was under way when its server is restarted, and takes everybody back', () => {
    const { timeline, bus, heard, states } = connected();
    bus.publish('s1', 'to.h1', 'under way');
    bus.restart(1_000);
    runFor(timeline, 5_000);
    expect(heard).toEqual([]);
    expect(states.filter((state) => state.endsWith('connected')).length).toBe(9);
    expect(bus.isConnected('h1')).toBe(true);
  });
});
