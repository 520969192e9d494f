import { describe, expect, it } from 'vitest';
import { Bus } from '../src/bus.ts';
import { Random } from '@drover/core';
import { subjects } from '@drover/protocol';
import { steady } from '../src/tempo.ts';
import { Timeline } from '../src/timeline.ts';
import { runFor } from './support.ts';

const to = subjects.command('h1');

function connected() {
  const timeline = new Timeline();
  const bus = new Bus(timeline, new Random(1), steady);
  const heard: string[] = [];
  const states: string[] = [];
  const listener = (id: string) => ({
    onText: (_: string, text: string) => heard.push(text),
    onState: (state: string) => states.push(`${id} ${state}`),
  });
  bus.attach('h1', { role: 'agent', hostId: 'h1' }, [to], listener('h1'));
  bus.attach('s1', { role: 'scheduler' }, [], listener('s1'));
  bus.attach('s2', { role: 'scheduler' }, [], listener('s2'));
  runFor(timeline, 2_000);
  return { timeline, bus, heard, states };
}

describe('the bus', () => {
  it('keeps the order of one sender, whatever each message’s delay', () => {
    const { timeline, bus, heard } = connected();
    bus.link('s1').lagMs = [0, 3_000];
    for (let i = 0; i < 20; i += 1) bus.publish('s1', to, String(i));
    runFor(timeline, 10_000);
    expect(heard).toEqual(Array.from({ length: 20 }, (_, i) => String(i)));
  });

  it('lets a quick sender overtake a slow one', () => {
    const { timeline, bus, heard } = connected();
    bus.link('s1').lagMs = [3_000, 3_000];
    bus.publish('s1', to, 'first');
    bus.publish('s2', to, 'second');
    runFor(timeline, 10_000);
    expect(heard).toEqual(['second', 'first']);
  });

  it('delivers what a sender that has died had sent', () => {
    const { timeline, bus, heard } = connected();
    bus.publish('s1', to, 'last words');
    bus.detach('s1');
    runFor(timeline, 1_000);
    expect(heard).toEqual(['last words']);
  });

  it('keeps nothing for those who are not there', () => {
    const { timeline, bus, heard, states } = connected();
    bus.cut('h1');
    bus.publish('s1', to, 'into the void');
    runFor(timeline, 15_000);
    expect(states.at(-1)).toBe('h1 disconnected');
    bus.heal('h1', 'isCut');
    runFor(timeline, 2_000);
    expect(states.at(-1)).toBe('h1 connected');
    bus.publish('s1', to, 'again');
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
    bus.publish('s1', to, 'lost');
    runFor(timeline, 60_000);
    expect([heard, states.length]).toEqual([[], before]);
  });

  it('loses what was under way when its server is restarted, and takes everybody back', () => {
    const { timeline, bus, heard, states } = connected();
    bus.publish('s1', to, 'under way');
    bus.restart(1_000);
    runFor(timeline, 5_000);
    expect(heard).toEqual([]);
    expect(states.filter((state) => state.endsWith('connected')).length).toBe(9);
    expect(bus.isConnected('h1')).toBe(true);
  });

  it('lets a host neither read nor speak for another, nor give orders', () => {
    const { timeline, bus, heard } = connected();
    const listener = {
      onText: (_: string, text: string) => heard.push(text),
      onState: () => undefined,
    };
    const spy = { role: 'agent', hostId: 'h2' } as const;
    bus.attach('h2', spy, [to, 'drover.cmd.*', 'drover.>', '>', subjects.allAgents()], listener);
    expect(bus.refused).toBe(5);
    runFor(timeline, 2_000);
    bus.publish('h2', to, 'stop it');
    bus.publish('h2', subjects.agent('h1', 'result'), 'done');
    expect(bus.publishAs(spy, subjects.agent('h1', 'inventory'), 'nothing')).toBe(false);
    expect(bus.publishAs(spy, subjects.agent('h2', 'inventory'), 'own')).toBe(true);
    expect(bus.refused).toBe(8);
    bus.publish('s1', to, 'order');
    runFor(timeline, 2_000);
    expect(heard).toEqual(['order']);
  });

  it('can tell a message twice, and make of it what nobody said', () => {
    const { timeline, bus, heard } = connected();
    bus.link('s1').doublePermille = 1_000;
    bus.publish('s1', to, 'a');
    runFor(timeline, 1_000);
    expect(heard).toEqual(['a', 'a']);
    bus.link('s1').garblePermille = 1_000;
    bus.publish('s1', to, '{"a":1}');
    runFor(timeline, 1_000);
    expect(bus.garbled.has(heard[2] ?? '')).toBe(true);
    bus.heal('s1', 'garblePermille');
    bus.publish('s1', to, 'b');
    runFor(timeline, 1_000);
    expect(heard.slice(4)).toEqual(['b', 'b']);
  });
});
