/**
 * A migration as libvirt 11.3 talks it through, packet by packet, against a guard; each may be replaced by
 * something else.
 */
import { MigrationGuard, type GuardAnswer, type MigrationOrder } from '../src/guard/index.ts';
import { migrateFlag } from '../src/index.ts';
import { encodePacket, messageStatus, messageType, type Header } from '../src/protocol/header.ts';
import { procedureOf, type ArgsOf, type ProcedureName } from '../src/protocol/procedures.ts';
import { program, programVersion } from '../src/protocol/programs.ts';
import { encode } from '../src/xdr/codec.ts';

export const vm = { vmId: '6695eb01-f6a4-8304-79aa-97f2502e193f', vmName: 'web-1' } as const;
export const other = { vmId: '00000000-0000-4000-8000-000000000002', vmName: 'web-2' } as const;

export const order: MigrationOrder = {
  ...vm,
  address: '10.0.0.2',
  flags: migrateFlag.live | migrateFlag.peer2peer,
  emulators: ['/usr/bin/qemu-system-x86_64'],
};

export function xmlOf(of: { readonly vmId: string; readonly vmName: string }, more = ''): string {
  return `<domain type='kvm'>\n  <name>${of.vmName}</name>\n  <uuid>${of.vmId}</uuid>\n${more}</domain>\n`;
}

export function packet(fields: Partial<Header>, payload: Uint8Array = Buffer.alloc(0)): Buffer {
  const header = {
    program: program.remote,
    version: programVersion,
    procedure: 0,
    type: messageType.call,
    serial: 0,
    status: messageStatus.ok,
    ...fields,
  };
  return encodePacket(header, payload);
}

type Params = ArgsOf<'domainMigratePrepare3Params'>['params'];
const text = (field: string, value: string) => ({ field, type: 'string', value }) as const;
const noBytes = new Uint8Array();

export interface Said {
  readonly xml?: string;
  readonly uri?: string;
  readonly name?: string;
  readonly flags?: number;
  readonly params?: Params;
  readonly cancelled?: number;
}

export function prepareArgs({ xml = xmlOf(vm), uri = 'tcp://10.0.0.2', flags, params }: Said = {}) {
  return {
    params: params ?? [text('destination_xml', xml), text('migrate_uri', uri)],
    cookieIn: noBytes,
    flags: flags ?? order.flags,
  };
}

export function finishArgs(said: Said = {}) {
  const { xml = xmlOf(vm), uri = 'tcp://10.0.0.2:49152', name = vm.vmName, flags } = said;
  const params = [
    text('destination_xml', xml),
    text('migrate_uri', uri),
    text('destination_name', name),
  ];
  return {
    params: said.params ?? params,
    cookieIn: noBytes,
    flags: flags ?? order.flags,
    cancelled: said.cancelled ?? 0,
  };
}

/** One connection; each method gives what the guard makes of one packet. */
export class Session {
  readonly guard: MigrationGuard;
  /** What reached the target. */
  readonly arrived: Buffer[] = [];
  #serial = -1;

  constructor(of: MigrationOrder = order) {
    this.guard = new MigrationGuard(of);
  }

  send(bytes: Buffer): GuardAnswer {
    const answer = this.guard.fromSource(bytes);
    this.arrived.push(...answer.packets);
    return answer;
  }

  call<P extends ProcedureName>(name: P, args?: ArgsOf<P>): GuardAnswer {
    this.#serial += 1;
    const { number, args: codec, program: of } = procedureOf(name);
    const fields = { procedure: number, serial: this.#serial, program: program[of] };
    return this.send(packet(fields, encode(codec, args)));
  }

  reply(name: ProcedureName, value?: unknown): GuardAnswer {
    const { number, ret } = procedureOf(name);
    const fields = { procedure: number, serial: this.#serial, type: messageType.reply };
    return this.guard.fromTarget(packet(fields, encode(ret, value)));
  }

  exchange<P extends ProcedureName>(name: P, args: ArgsOf<P>, value?: unknown): GuardAnswer {
    const asked = this.call(name, args);
    return asked.refusal ? asked : this.reply(name, value);
  }

  /** The serial of the newest call. */
  get serial(): number {
    return this.#serial;
  }

  known(): this {
    this.exchange('authList', undefined, { types: [0] });
    return this;
  }

  open(): this {
    this.known();
    this.exchange('connectSupportsFeature', { feature: 10 }, { supported: true });
    this.exchange('connectOpen', { name: 'qemu:///system', flags: 0 });
    for (const feature of [14, 15]) {
      this.exchange('connectSupportsFeature', { feature }, { supported: true });
    }
    this.exchange('connectRegisterCloseCallback', undefined);
    for (const feature of [4, 6, 13]) {
      this.exchange('connectSupportsFeature', { feature }, { supported: true });
    }
    return this;
  }

  prepare(said: Said = {}): GuardAnswer {
    const reply = { cookieOut: noBytes, uriOut: 'tcp://10.0.0.2:49152' };
    return this.exchange('domainMigratePrepare3Params', prepareArgs(said), reply);
  }

  finish(said: Said = {}): GuardAnswer {
    const dom = { name: vm.vmName, uuid: vm.vmId, id: 3 };
    return this.exchange('domainMigrateFinish3Params', finishArgs(said), {
      dom,
      cookieOut: noBytes,
    });
  }

  close(): GuardAnswer {
    this.exchange('connectUnregisterCloseCallback', undefined);
    return this.exchange('connectClose', undefined);
  }
}
