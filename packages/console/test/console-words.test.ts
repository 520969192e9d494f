/** Consoles of VMs: their addresses, their words, and which end is the end. */
import { consoleCloses } from '@drover/protocol';
import { describe, expect, it } from 'vitest';
import { cliLines } from '../src/logic/cli-lines.ts';
import { endWords, newsWords } from '../src/logic/console-words.ts';
import { routeOfPath, sectionOf, titleOf } from '../src/logic/routes.ts';

describe('the address of a console', () => {
  it('names the VM and the console, the screen unless said', () => {
    const screen = { page: 'vm-console', id: 'web', type: 'vnc' } as const;
    expect(routeOfPath('/vms/web/console')).toEqual(screen);
    expect(routeOfPath('/vms/web/console/vnc')).toEqual(screen);
    expect(routeOfPath('/vms/web/console/serial')).toEqual({ ...screen, type: 'serial' });
    expect(routeOfPath('/vms/web/console/other').page).toBe('not-found');
    expect([sectionOf(screen), titleOf(screen)]).toEqual(['/vms', 'web: screen']);
  });

  it('has a command that does the same', () => {
    expect(cliLines.vmConsole('web', 'vnc')).toBe('drover vm vnc web');
    expect(cliLines.vmConsole('web', 'serial')).toBe('drover vm console web');
  });
});

describe('words about a console', () => {
  it('say where it is, where it goes, and what to do', () => {
    expect(newsWords({ state: 'connected', host: 'h1', stream: 1 }).text).toBe('connected, on h1');
    expect(newsWords({ state: 'moving', to: 'h2' })).toEqual({
      tone: 'move',
      text: 'moving to h2',
    });
    expect(newsWords({ state: 'off', vmState: 'stopped' })).toMatchObject({ todo: 'start' });
    expect(newsWords({ state: 'waiting', reason: 'h1 is silent' }).text).toContain('h1 is silent');
  });

  it('know a connection that broke from one that is over', () => {
    expect([1006, 1012].map((code) => endWords(code, ''))).toEqual([undefined, undefined]);
    expect(endWords(consoleCloses.taken, 'taken')).toMatchObject({ text: 'taken', todo: 'open' });
    expect(endWords(consoleCloses.missing, 'none')).not.toHaveProperty('todo');
  });
});
