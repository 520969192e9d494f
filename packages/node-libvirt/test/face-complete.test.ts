/**
 * The face has a method for every procedure that a manager of hosts needs; what it leaves to `call` it
 * leaves for a reason.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { procedures } from '../src/protocol/procedures.ts';

const facts = JSON.parse(
  readFileSync(new URL('data/core.json', import.meta.url), 'utf8'),
) as readonly string[];

const withoutMethod: Readonly<Record<string, string>> = {
  connectOpen: 'made by connecting',
  connectClose: 'made by closing',
  connectSupportsFeature: 'asked when connecting',
  authList: 'asked when connecting',
  authPolkit: 'asked when connecting',
  authSaslInit: 'asked when connecting',
  authSaslStart: 'asked when connecting',
  authSaslStep: 'asked when connecting',
  connectDomainEventCallbackRegisterAny: 'listen',
  connectDomainEventCallbackDeregisterAny: 'listen',
  connectStoragePoolEventRegisterAny: 'listen',
  connectStoragePoolEventDeregisterAny: 'listen',
  connectNetworkEventRegisterAny: 'listen',
  connectNetworkEventDeregisterAny: 'listen',
  connectRegisterCloseCallback: 'listen',
  connectUnregisterCloseCallback: 'listen',
  qemuConnectDomainMonitorEventRegister: 'listen',
  qemuConnectDomainMonitorEventDeregister: 'listen',
  connectCompareCpu: 'the form for hypervisors says more',
  connectBaselineCpu: 'the form for hypervisors says more',
  domainCreate: 'start has flags',
  domainGetJobInfo: 'job.stats says more',
  domainBlockStatsFlags: 'domains.stats says more',
  domainOpenGraphics: 'wants a file descriptor',
  domainOpenGraphicsFd: 'answers with a file descriptor',
  nodeDeviceLookupByName: 'a device is its name',
  storageVolGetInfoFlags: 'info says the same',
};

const folder = new URL('../src/', import.meta.url);
const used = new Set(
  ['face/', 'connection/', 'auth/'].flatMap((room) =>
    readdirSync(new URL(room, folder)).flatMap((file) => {
      const text = readFileSync(new URL(room + file, folder), 'utf8');
      return [...text.matchAll(/(?:call|openStream)\(\s*'(\w+)'/g)].map(([, name = '']) => name);
    }),
  ),
);

describe('every core procedure', () => {
  it('is in the table', () => {
    expect(facts.filter((name) => !(name in procedures))).toEqual([]);
    expect(facts).toHaveLength(174);
  });

  it('has a method, or a reason why not', () => {
    expect(facts.filter((name) => !used.has(name) && !(name in withoutMethod))).toEqual([]);
  });

  it('that has a method needs no reason', () => {
    const asked = /^auth|^connect(Open|Close|Supports)|Register|Deregister|Unregister/;
    const both = Object.keys(withoutMethod).filter((name) => used.has(name) && !asked.test(name));
    expect(both).toEqual([]);
  });
});
