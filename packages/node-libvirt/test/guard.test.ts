/** What a guard lets through is one migration of one VM, once; whatever a hostile source tries is named. */
import { describe, expect, it } from 'vitest';
import type { GuardAnswer, MigrationOrder } from '../src/guard/index.ts';
import { migrateFlag } from '../src/index.ts';
import { messageStatus, messageType } from '../src/protocol/header.ts';
import { procedureOf, procedures, type ProcedureName } from '../src/protocol/procedures.ts';
import { program } from '../src/protocol/programs.ts';
import { remoteError } from '../src/protocol/types.ts';
import { encode } from '../src/xdr/codec.ts';
import { layoutOf } from '../tools/layout.ts';
import {
  finishArgs,
  order,
  other,
  packet,
  prepareArgs,
  Session,
  vm,
  xmlOf,
} from './guard-session.ts';

const { live, peer2peer, paused, tls, tunnelled, postCopy } = migrateFlag;
const dom = { name: vm.vmName, uuid: vm.vmId, id: 3 };
const prepareTunnel = procedures.domainMigratePrepareTunnel3Params.number;

const error = encode(remoteError, {
  code: 9,
  domain: 10,
  message: 'no',
  level: 2,
  number1: 0,
  number2: 0,
});

describe('a migration', () => {
  it('passes whole, byte for byte', () => {
    const session = new Session().open();
    expect(session.prepare().refusal).toBeUndefined();
    expect(session.finish().refusal).toBeUndefined();
    expect(session.close()).toMatchObject({ packets: [expect.any(Buffer)] });
    expect(session.arrived).toHaveLength(13);
    expect(session.arrived[0]).toEqual(packet({ procedure: 66, serial: 0 }));
  });

  it('passes in pieces of one byte', () => {
    const session = new Session();
    const bytes = packet({ procedure: 66, serial: 0 });
    const answers = [...bytes].map((byte) => session.send(Buffer.of(byte)));
    expect(answers.flatMap((answer) => answer.packets)).toEqual([bytes]);
  });

  it('that is cancelled passes to its end', () => {
    const session = new Session().open();
    session.prepare();
    expect(session.finish({ cancelled: 1 }).refusal).toBeUndefined();
    expect(session.close().refusal).toBeUndefined();
  });

  it('that the target refuses to prepare passes to its end, and no second attempt', () => {
    const session = new Session().open();
    session.call('domainMigratePrepare3Params', prepareArgs());
    const { serial } = session;
    const { number } = procedures.domainMigratePrepare3Params;
    const refused = packet(
      { procedure: number, serial, type: messageType.reply, status: messageStatus.error },
      error,
    );
    expect(session.guard.fromTarget(refused).packets).toEqual([refused]);
    expect(session.prepare().refusal).toMatchObject({ reason: 'sequence' });
  });

  it('shows signs of life both ways, and hears that the target lost its driver', () => {
    const session = new Session().open();
    for (const procedure of [1, 2]) {
      const sign = packet({ program: program.keepalive, procedure, type: messageType.message });
      expect(session.guard.fromSource(sign).packets).toEqual([sign]);
      expect(session.guard.fromTarget(sign).packets).toEqual([sign]);
    }
    const lost = packet({ procedure: 362, type: messageType.message }, Buffer.alloc(4));
    expect(session.guard.fromTarget(lost).packets).toEqual([lost]);
  });

  it.each<[string, MigrationOrder, number]>([
    ['paused', { ...order, flags: live | peer2peer | paused }, live | peer2peer | paused],
    ['with TLS', { ...order, flags: live | peer2peer | tls }, live | peer2peer | tls],
    [
      'that may end as post-copy',
      { ...order, optionalFlags: postCopy },
      live | peer2peer | postCopy,
    ],
  ])('%s passes as ordered', (_, of, flags) => {
    const session = new Session(of).open();
    expect(session.prepare({ flags }).refusal).toBeUndefined();
    expect(session.finish({ flags }).refusal).toBeUndefined();
  });

  it('to an IPv6 address names it in brackets', () => {
    const session = new Session({ ...order, address: 'fd00::2' }).open();
    expect(session.prepare({ uri: 'tcp://[fd00::2]' }).refusal).toBeUndefined();
  });

  it('whose memory goes along passes with its stream', () => {
    const flags = live | peer2peer | tunnelled;
    const session = new Session({ ...order, flags }).open();
    const params = prepareArgs().params.slice(0, 1);
    const reply = { cookieOut: new Uint8Array() };
    const args = { ...prepareArgs(), params, flags };
    session.exchange('domainMigratePrepareTunnel3Params', args, reply);
    const { serial } = session;
    const data = (status: number, payload = Buffer.alloc(0)) =>
      packet({ procedure: prepareTunnel, type: messageType.stream, serial, status }, payload);
    const memory = data(messageStatus.continue, Buffer.alloc(65_536, 7));
    expect(session.send(memory).packets).toEqual([memory]);
    expect(session.send(data(messageStatus.ok)).refusal).toBeUndefined();
    expect(session.guard.fromTarget(data(messageStatus.ok)).refusal).toBeUndefined();
    expect(session.send(memory).refusal).toMatchObject({ reason: 'procedure' });
  });
});

type Attempt = (session: Session) => GuardAnswer;

const withXml =
  (xml: string): Attempt =>
  (session) =>
    session.open().prepare({ xml });

const uuid = `<uuid>${vm.vmId}</uuid>`;
const name = `<name>${vm.vmName}</name>`;

/** What a VM's devices would run, write to or listen to on the target. */
const reaching: readonly (readonly [string, string])[] = [
  ['runs an emulator of its own', '<emulator>/srv/vms/evil</emulator>'],
  ['runs two', '<emulator>/usr/bin/qemu-system-x86_64</emulator><emulator>/x</emulator>'],
  ['runs one that is hidden in pieces', '<emulator>/srv/vms/<x>evil</x></emulator>'],
  ['writes its console to a file', "<serial type='file'><source path='/etc/cron.d/x'/></serial>"],
  [
    'writes it by an attribute in a namespace',
    "<serial xmlns:x='x:y' x:type='file'><source path='/etc/cron.d/x'/></serial>",
  ],
  ['has a device of the host', "<parallel type='dev'><source path='/dev/sda'/></parallel>"],
  ['has a pipe of the host', "<console type='pipe'><source path='/run/initctl'/></console>"],
  [
    'has what it prints logged',
    "<serial type='pty'><log file='/etc/cron.d/x' append='on'/></serial>",
  ],
  [
    'talks to another program',
    "<channel type='unix'><source mode='connect' path='/run/docker.sock'/></channel>",
  ],
  [
    'talks to another program by a way round',
    "<channel type='unix'><source path='/run/libvirt/qemu/../libvirt-sock'/></channel>",
  ],
  [
    'draws chance from a file',
    "<rng model='virtio'><backend model='egd' type='file'><source path='/etc/x'/></backend></rng>",
  ],
  ['writes its sound to a file', "<audio id='1' type='file' path='/etc/cron.d/x'/>"],
  [
    'runs a script for its network',
    "<interface type='ethernet'><script path='/srv/vms/evil'/></interface>",
  ],
  [
    'runs a program for a directory',
    "<filesystem type='mount'><binary path='/srv/vms/evil'/></filesystem>",
  ],
];

describe('the devices of an ordered VM', () => {
  it('pass with ends that are its own, and with an emulator of the target', () => {
    const devices = `<devices><emulator>/usr/bin/qemu-system-x86_64</emulator>
      <disk type='file'><source file='/srv/vms/a.qcow2'/><serial>1234</serial></disk>
      <serial type='pty'><source path='/dev/pts/3'/><target port='0'/></serial>
      <console type='pty' tty='/dev/pts/3'><source path='/dev/pts/3'/></console>
      <channel type='unix'><source mode='bind'/><target type='virtio' name='a'/></channel>
      <channel type='unix'><source path='/run/libvirt/qemu/channel/7-web/a'/></channel>
      <channel type='spicevmc'/><serial type='tcp'><source host='10.0.0.9' service='7'/></serial>
      <rng model='virtio'><backend model='random'>/dev/urandom</backend></rng></devices>`;
    const answer = new Session().open().prepare({ xml: xmlOf(vm, devices) });
    expect(answer.refusal).toBeUndefined();
  });

  it('on the source may name any emulator: its VM runs already', () => {
    const { emulators: _, ...atSource } = order;
    const xml = xmlOf(vm, '<devices><emulator>/opt/qemu</emulator></devices>');
    expect(new Session(atSource).open().prepare({ xml }).refusal).toBeUndefined();
  });
});

describe('a hostile source', () => {
  const attempts: readonly (readonly [string, string, Attempt])[] = [
    ['destroys a VM', 'procedure', (s) => s.open().call('domainDestroy', { dom })],
    [
      'destroys with flags',
      'procedure',
      (s) => s.open().call('domainDestroyFlags', { dom, flags: 0 }),
    ],
    [
      'defines a VM',
      'procedure',
      (s) => s.open().call('domainDefineXmlFlags', { xml: xmlOf(vm), flags: 0 }),
    ],
    [
      'speaks to QEMU itself',
      'procedure',
      (s) =>
        s.open().call('qemuDomainMonitorCommand', { dom, command: '{"execute":"quit"}', flags: 0 }),
    ],
    ['prepares another VM', 'other-vm', withXml(xmlOf(other))],
    ['prepares another VM by the name', 'other-vm', withXml(xmlOf({ ...other, vmId: vm.vmId }))],
    ['prepares another VM by the uuid', 'other-vm', withXml(xmlOf({ ...vm, vmId: other.vmId }))],
    [
      'finishes another VM',
      'other-vm',
      (s) => {
        s.open().prepare();
        return s.finish({ name: other.vmName });
      },
    ],
    [
      'prepares twice',
      'sequence',
      (s) => {
        s.open().prepare();
        return s.prepare();
      },
    ],
    [
      'finishes twice',
      'sequence',
      (s) => {
        s.open().prepare();
        s.finish();
        return s.finish();
      },
    ],
    ['finishes what was not prepared', 'sequence', (s) => s.open().finish()],
    ['prepares before it has opened', 'sequence', (s) => s.known().prepare()],
    [
      'calls before it has asked who may',
      'sequence',
      (s) => s.call('connectOpen', { name: 'qemu:///system', flags: 0 }),
    ],
    [
      'calls before it has heard who may',
      'sequence',
      (s) => {
        s.call('authList', undefined);
        return s.call('connectOpen', { name: 'qemu:///system', flags: 0 });
      },
    ],
    ['proves who it is', 'procedure', (s) => s.known().call('authPolkit', undefined)],
    [
      'opens another driver',
      'arguments',
      (s) => s.known().call('connectOpen', { name: 'lxc:///system', flags: 0 }),
    ],
    ['opens without a name', 'arguments', (s) => s.known().call('connectOpen', { flags: 0 })],
    [
      'opens twice',
      'sequence',
      (s) => s.open().call('connectOpen', { name: 'qemu:///system', flags: 0 }),
    ],
    ['asks for ever', 'sequence', askForEver],
    [
      'starts a VM with no flag that was ordered',
      'arguments',
      (s) => s.open().prepare({ flags: 0 }),
    ],
    ['keeps it defined', 'arguments', (s) => s.open().prepare({ flags: order.flags | 8 })],
    [
      'calls what is shared unsafe',
      'arguments',
      (s) => s.open().prepare({ flags: order.flags | migrateFlag.unsafe }),
    ],
    [
      'lets run what was to stay paused',
      'arguments',
      () => {
        const flags = order.flags | paused;
        const session = new Session({ ...order, flags }).open();
        session.prepare({ flags });
        return session.finish({ flags: order.flags });
      },
    ],
    [
      'sends memory in clear',
      'arguments',
      () => new Session({ ...order, flags: order.flags | tls }).open().prepare(),
    ],
    [
      'has memory received elsewhere',
      'arguments',
      (s) => s.open().prepare({ uri: 'tcp://10.0.0.3' }),
    ],
    [
      'has memory received at a socket',
      'arguments',
      (s) => s.open().prepare({ uri: 'unix:///run/x' }),
    ],
    [
      'has memory received at an address that begins like it',
      'arguments',
      (s) => s.open().prepare({ uri: 'tcp://10.0.0.22' }),
    ],
    [
      'hides a parameter',
      'arguments',
      (s) =>
        s.open().prepare({
          params: [
            ...prepareArgs().params,
            { field: 'migrate_disks', type: 'string', value: 'vda' },
          ],
        }),
    ],
    [
      'says a parameter twice',
      'arguments',
      (s) => s.open().prepare({ params: [...prepareArgs().params, ...prepareArgs().params] }),
    ],
    [
      'sends no XML',
      'arguments',
      (s) => s.open().prepare({ params: prepareArgs().params.slice(1) }),
    ],
    [
      'finishes no name',
      'arguments',
      (s) => {
        s.open().prepare();
        return s.finish({ params: finishArgs().params.slice(0, 2) });
      },
    ],
    [
      'sends memory along without an order',
      'arguments',
      (s) =>
        s.open().call('domainMigratePrepareTunnel3Params', {
          ...prepareArgs(),
          params: prepareArgs().params.slice(0, 1),
        }),
    ],
    ['opens a stream', 'procedure', (s) => s.open().send(stream(208))],
    [
      'sends data of a stream that was not opened',
      'procedure',
      (s) => s.open().send(stream(prepareTunnel)),
    ],
    [
      'leaves holes in a stream',
      'procedure',
      (s) => s.open().send(packet({ type: messageType.streamHole })),
    ],
    [
      'answers',
      'procedure',
      (s) => s.open().send(packet({ type: messageType.reply, procedure: 1 })),
    ],
    [
      'speaks another program',
      'procedure',
      (s) => s.open().send(packet({ program: program.qemu, procedure: 1 })),
    ],
    ['speaks another version', 'procedure', (s) => s.send(packet({ version: 2, procedure: 66 }))],
    [
      'calls a procedure with no number',
      'procedure',
      (s) => s.open().send(packet({ procedure: -1 })),
    ],
    ['gives a call a status', 'malformed', (s) => s.send(packet({ procedure: 66, status: 1 }))],
    [
      'uses a serial twice',
      'sequence',
      (s) => s.known().send(packet({ procedure: 60 }, Buffer.alloc(4))),
    ],
    [
      'passes descriptors',
      'malformed',
      (s) => s.send(packet({ procedure: 66, type: messageType.callWithFds })),
    ],
    ['announces a packet of 4 GiB', 'malformed', (s) => s.send(Buffer.alloc(64, 0xff))],
    ['announces a packet of 16 MiB', 'malformed', (s) => s.send(Buffer.from('01000000', 'hex'))],
    ['sends text', 'malformed', (s) => s.send(Buffer.from('GET / HTTP/1.1\r\n\r\n'))],
    ['sends zeroes', 'malformed', (s) => s.send(Buffer.alloc(64))],
    [
      'adds bytes to a call',
      'malformed',
      (s) => s.send(packet({ procedure: 66 }, Buffer.alloc(4))),
    ],
    ['cuts a call short', 'malformed', (s) => s.known().send(packet({ procedure: 60, serial: 9 }))],
    [
      'hides something in a sign of life',
      'malformed',
      (s) =>
        s
          .open()
          .send(
            packet(
              { program: program.keepalive, procedure: 1, type: messageType.message },
              Buffer.alloc(4),
            ),
          ),
    ],
    ['names two VMs', 'arguments', withXml(xmlOf(vm, `<name>${other.vmName}</name>`))],
    ['has two uuids', 'arguments', withXml(xmlOf(vm, `<uuid>${other.vmId}</uuid>`))],
    ['has no uuid', 'arguments', withXml(`<domain>${name}</domain>`)],
    [
      'has its uuid in a namespace',
      'arguments',
      withXml(`<domain>${name}<uuid xmlns="x:y">${vm.vmId}</uuid></domain>`),
    ],
    [
      'has all of it in a namespace',
      'arguments',
      withXml(`<domain xmlns="x:y">${name}${uuid}</domain>`),
    ],
    ['has another root', 'arguments', withXml(`<domainsnapshot>${name}${uuid}</domainsnapshot>`)],
    [
      'declares another encoding',
      'arguments',
      withXml(`<?xml version="1.0" encoding="UTF-7"?>${xmlOf(vm)}`),
    ],
    ['declares entities', 'arguments', withXml(`<!DOCTYPE d [<!ENTITY e "x">]>${xmlOf(vm)}`)],
    ['sends what is no XML', 'arguments', withXml('<domain><name>')],
    [
      'hands QEMU arguments',
      'arguments',
      withXml(
        xmlOf(
          vm,
          '<q:commandline xmlns:q="http://libvirt.org/schemas/domain/qemu/1.0"><q:arg value="-x"/></q:commandline>',
        ),
      ),
    ],
    ...reaching.map(
      ([what, devices]) =>
        [what, 'arguments', withXml(xmlOf(vm, `<devices>${devices}</devices>`))] as const,
    ),
    [
      'runs a program in a second list of devices',
      'arguments',
      withXml(xmlOf(vm, '<devices/><devices><emulator>/srv/vms/evil</emulator></devices>')),
    ],
  ];

  function askForEver(session: Session): GuardAnswer {
    session.known();
    for (;;) {
      const answer = session.exchange(
        'connectSupportsFeature',
        { feature: 1 },
        { supported: true },
      );
      if (answer.refusal) return answer;
    }
  }

  function stream(procedure: number): Buffer {
    const { continue: more } = messageStatus;
    return packet(
      { procedure, type: messageType.stream, serial: 9, status: more },
      Buffer.alloc(8),
    );
  }

  it.each(attempts)(
    'that %s is refused for %s, and nothing passes any more',
    (_, reason, attempt) => {
      const session = new Session();
      const answer = attempt(session);
      expect(answer).toEqual({
        packets: [],
        refusal: { reason, message: expect.stringMatching(/^.{5,400}$/) },
      });
      const before = session.arrived.length;
      const again = session.call('connectClose', undefined);
      expect([again.refusal === undefined, session.arrived.length]).toEqual([
        session === undefined,
        before,
      ]);
    },
  );

  it('is told which call it was', () => {
    const answer = new Session().open().call('domainDestroy', { dom });
    expect(answer.refusal?.message).toContain('domainDestroy (procedure 12)');
  });

  it('gets through what stood before its call, and nothing after it', () => {
    const session = new Session();
    const good = packet({ procedure: 66, serial: 0 });
    const bad = packet({ procedure: procedures.domainDestroy.number, serial: 1 });
    const answer = session.send(Buffer.concat([good, bad, good]));
    expect(answer).toMatchObject({ packets: [good], refusal: { reason: 'procedure' } });
  });

  const allowed = new Set<ProcedureName>([
    'connectSupportsFeature',
    'connectRegisterCloseCallback',
    'connectUnregisterCloseCallback',
    'connectClose',
    'domainMigratePrepare3Params',
  ]);
  const others = (Object.keys(procedures) as ProcedureName[]).filter((one) => !allowed.has(one));

  it('reaches none of the other procedures that there are', () => {
    expect(others.length).toBeGreaterThan(250);
    const passed = others.filter((one) => {
      const { number, program: of } = procedureOf(one);
      const session = new Session().open();
      const answer = session.send(
        packet({ program: program[of], procedure: number, serial: 99 }, Buffer.alloc(64)),
      );
      return answer.packets.length > 0 || answer.refusal === undefined;
    });
    expect(passed).toEqual([]);
  });
});

describe('a hostile target', () => {
  it.each<[string, (session: Session) => Buffer]>([
    ['answers what was not asked', () => packet({ procedure: 1, serial: 77, type: 1 })],
    ['answers another procedure', (s) => packet({ procedure: 2, serial: s.serial, type: 1 })],
    ['calls', () => packet({ procedure: 12 })],
    ['tells of events that were not asked for', () => packet({ procedure: 318, type: 2 })],
    ['sends a stream', () => packet({ procedure: prepareTunnel, type: 3, status: 2 })],
    [
      'sends an error that is none',
      (s) => packet({ procedure: 1, serial: s.serial, type: 1, status: 1 }),
    ],
  ])('that %s does not reach the source', (_, make) => {
    const session = new Session().known();
    session.call('connectOpen', { name: 'qemu:///system', flags: 0 });
    expect(session.guard.fromTarget(make(session))).toMatchObject({
      packets: [],
      refusal: { message: expect.any(String) },
    });
  });
});

describe('when the time of the order is over', () => {
  it.each<[string, (session: Session) => unknown]>([
    ['nothing has been said', () => undefined],
    ['it is open', (s) => s.open()],
    ['its memory is being copied', (s) => s.open().prepare()],
    [
      'it has ended',
      (s) => {
        s.open().prepare();
        s.finish();
      },
    ],
  ])('and %s, it ends', (_, upTo) => {
    const session = new Session();
    upTo(session);
    expect(session.guard.expire()).toMatchObject({ reason: 'expired' });
    expect(session.call('connectClose', undefined).refusal).toMatchObject({ reason: 'expired' });
  });

  it('and it may be in two halves, it goes on to its end, and no further', () => {
    const session = new Session({ ...order, optionalFlags: postCopy }).open();
    session.prepare();
    expect(session.guard.expire()).toBeUndefined();
    expect(session.finish().refusal).toBeUndefined();
    expect(session.guard.expire()).toMatchObject({ reason: 'expired' });
  });

  it('and its end has been asked for, the answer still comes', () => {
    const session = new Session().open();
    session.prepare();
    session.call('domainMigrateFinish3Params', finishArgs());
    expect(session.guard.expire()).toBeUndefined();
    const answer = session.reply('domainMigrateFinish3Params', {
      dom,
      cookieOut: new Uint8Array(),
    });
    expect(answer.refusal).toBeUndefined();
  });
});

it('the layout of what it reads is that of the table', () => {
  expect(layoutOf(procedures.domainMigratePrepareTunnel3Params.args)).toBe('p<64> o<4194304> u');
});
