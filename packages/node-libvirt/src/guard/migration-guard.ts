/**
 * Stands between a migration's source and the libvirt of its target, and passes the packets that a
 * peer-to-peer migration of exactly one VM is made of, in their order, once. Everything else is refused, and
 * after a refusal nothing passes any more. It reads and decides; it holds no socket and no clock.
 *
 *   new ─▶ asked ─▶ known ─▶ open ─▶ preparing ─▶ prepared ─▶ finishing ─▶ finished ─▶ closing
 *    authList   its reply  connectOpen   Prepare     its reply    Finish      its reply   connectClose
 */
import { ProtocolError } from '../errors.ts';
import { FrameParser } from '../protocol/framing.ts';
import { encodePacket, messageStatus, messageType, type Packet } from '../protocol/header.ts';
import { procedureOf, procedures, type ProcedureName } from '../protocol/procedures.ts';
import { keepaliveProcedure, program, programVersion } from '../protocol/programs.ts';
import { remoteError } from '../protocol/types.ts';
import { decode } from '../xdr/codec.ts';
import { checkFinish, checkPrepare } from './migration-arguments.ts';
import { isTunnelled, mayPostCopy, type MigrationOrder } from './migration-order.ts';
import { type Refusal, Refused } from './refusal.ts';

export interface GuardAnswer {
  /** To be passed on, in this order. */
  readonly packets: readonly Buffer[];
  /** Why no more is passed, from now on. */
  readonly refusal?: Refusal;
}

const phases = [
  'new',
  'asked',
  'known',
  'open',
  'preparing',
  'prepared',
  'finishing',
  'finished',
  'closing',
] as const;
type Phase = (typeof phases)[number];

/** The longest XML and the longest cookie that libvirt takes, and room for the rest. */
const maxPacketBytes = 8 * 1_048_576 + 65_536;
/** libvirt waits for each answer; and a migration makes about fifteen calls. */
const callsAtOnceMax = 4;
const callsMax = 64;
/** The event that says that the daemon has lost its driver. */
const driverClosedMessage = 362;

/** Calls that a migration makes, and from when to when. */
const calls: Partial<Record<ProcedureName, { readonly from: Phase; readonly to: Phase }>> = {
  authList: { from: 'new', to: 'new' },
  connectSupportsFeature: { from: 'known', to: 'finished' },
  connectOpen: { from: 'known', to: 'known' },
  connectRegisterCloseCallback: { from: 'open', to: 'open' },
  domainMigratePrepare3Params: { from: 'open', to: 'open' },
  domainMigratePrepareTunnel3Params: { from: 'open', to: 'open' },
  domainMigrateFinish3Params: { from: 'prepared', to: 'prepared' },
  connectUnregisterCloseCallback: { from: 'open', to: 'finished' },
  connectClose: { from: 'open', to: 'finished' },
};

const nameByNumber: ReadonlyMap<number, ProcedureName> = new Map(
  (Object.keys(procedures) as ProcedureName[])
    .filter((name) => procedureOf(name).program === 'remote')
    .map((name) => [procedureOf(name).number, name]),
);

interface Pending {
  readonly name: ProcedureName;
  readonly serial: number;
}

export class MigrationGuard {
  readonly #order: MigrationOrder;
  readonly #fromSource = new FrameParser(maxPacketBytes);
  readonly #fromTarget = new FrameParser(maxPacketBytes);
  readonly #pending = new Map<number, Pending>();
  readonly #serials = new Set<number>();
  #phase: Phase = 'new';
  #isRegistered = false;
  /** The serial of the stream of memory, while it may carry data. */
  #stream: number | undefined;
  #streamSerial: number | undefined;
  #isExpired = false;
  #refusal: Refusal | undefined;

  constructor(order: MigrationOrder) {
    this.#order = order;
  }

  fromSource(bytes: Buffer): GuardAnswer {
    return this.#read(this.#fromSource, bytes, (packet) => this.#checkFromSource(packet));
  }

  fromTarget(bytes: Buffer): GuardAnswer {
    return this.#read(this.#fromTarget, bytes, (packet) => this.#checkFromTarget(packet));
  }

  /**
   * The order's time is over. With a refusal the connection is to be ended. Without one it must not be: the VM is
   * on its way over, and its two halves would be torn apart; the guard lets this end and nothing begin, and may
   * be asked again later.
   */
  expire(): Refusal | undefined {
    this.#isExpired = true;
    const isUnderWay = this.#phase === 'preparing' || this.#phase === 'prepared';
    if (isUnderWay && mayPostCopy(this.#order)) return undefined;
    if (this.#phase === 'finishing') return undefined;
    this.#refusal ??= { reason: 'expired', message: 'the time of its order is over' };
    return this.#refusal;
  }

  #read(parser: FrameParser, bytes: Buffer, check: (packet: Packet) => void): GuardAnswer {
    if (this.#refusal) return { packets: [], refusal: this.#refusal };
    const passed: Buffer[] = [];
    try {
      for (const packet of parser.push(bytes)) {
        check(packet);
        passed.push(encodePacket(packet.header, packet.payload));
      }
      return { packets: passed };
    } catch (error) {
      if (error instanceof ProtocolError) {
        this.#refusal = { reason: 'malformed', message: error.message };
      } else if (error instanceof Refused) {
        this.#refusal = { reason: error.reason, message: error.message };
      } else throw error;
      return { packets: passed, refusal: this.#refusal };
    }
  }

  // ── from the source ─────────────────────────────────────────────────────────────────────────────────

  #checkFromSource(packet: Packet): void {
    const { header } = packet;
    if (header.program === program.keepalive) return this.#checkKeepalive(packet);
    this.#checkProgram(packet);
    switch (header.type) {
      case messageType.call:
        return this.#checkCall(packet);
      case messageType.stream:
        return this.#checkStreamFromSource(packet);
      default:
        throw new Refused('procedure', `a message of type ${header.type} from the source`);
    }
  }

  #checkCall({ header, payload }: Packet): void {
    const name = nameByNumber.get(header.procedure);
    const rule = name === undefined ? undefined : calls[name];
    if (name === undefined || rule === undefined) {
      const message = `${name ?? 'a call'} (procedure ${header.procedure}) is none of a migration’s calls`;
      throw new Refused('procedure', message);
    }
    if (!this.#isBetween(rule.from, rule.to)) {
      throw new Refused('sequence', `${name} while the connection is ${this.#phase}`);
    }
    if (header.status !== messageStatus.ok) throw new Refused('malformed', 'a call with a status');
    if (this.#serials.has(header.serial)) {
      throw new Refused('sequence', `${name} with the serial ${header.serial} of an earlier call`);
    }
    if (this.#pending.size >= callsAtOnceMax || this.#serials.size >= callsMax) {
      throw new Refused('sequence', `${name} after too many calls`);
    }
    this.#checkArguments(name, payload);
    this.#serials.add(header.serial);
    this.#pending.set(header.serial, { name, serial: header.serial });
    this.#called(name, header.serial);
  }

  #checkArguments(name: ProcedureName, payload: Buffer): void {
    if (name === 'connectOpen') {
      const { name: uri, flags } = decode(procedures.connectOpen.args, payload);
      if (uri === 'qemu:///system' && flags === 0) return;
      throw new Refused('arguments', `opening ${JSON.stringify(uri?.slice(0, 128))}`);
    }
    if (name === 'domainMigrateFinish3Params') {
      return checkFinish(decode(procedures[name].args, payload), this.#order);
    }
    if (name === 'domainMigratePrepare3Params' || name === 'domainMigratePrepareTunnel3Params') {
      if (this.#isExpired) throw new Refused('expired', 'the time of its order is over');
      if ((name === 'domainMigratePrepareTunnel3Params') !== isTunnelled(this.#order)) {
        throw new Refused('arguments', `${name}, which is not ordered`);
      }
      return checkPrepare(decode(procedures[name].args, payload), this.#order);
    }
    decode(procedureOf(name).args, payload);
    return undefined;
  }

  #called(name: ProcedureName, serial: number): void {
    if (name === 'authList') this.#phase = 'asked';
    if (name === 'domainMigratePrepareTunnel3Params') this.#streamSerial = serial;
    if (name.startsWith('domainMigratePrepare')) this.#phase = 'preparing';
    if (name === 'domainMigrateFinish3Params') this.#phase = 'finishing';
    if (name === 'connectRegisterCloseCallback') this.#isRegistered = true;
    if (name === 'connectClose') this.#phase = 'closing';
  }

  /** Data, an end of it, or giving it up. */
  #checkStreamFromSource({ header, payload }: Packet): void {
    this.#checkStream(header);
    if (header.status === messageStatus.continue) return;
    if (payload.length > 0) throw new Refused('malformed', 'data after the end of a stream');
    this.#stream = undefined;
  }

  #checkStream(header: Packet['header']): void {
    if (this.#stream !== undefined && header.serial === this.#stream) {
      if (header.procedure === procedures.domainMigratePrepareTunnel3Params.number) return;
    }
    throw new Refused('procedure', `a stream (procedure ${header.procedure}) that is not ordered`);
  }

  // ── from the target ─────────────────────────────────────────────────────────────────────────────────

  #checkFromTarget(packet: Packet): void {
    const { header } = packet;
    if (header.program === program.keepalive) return this.#checkKeepalive(packet);
    this.#checkProgram(packet);
    switch (header.type) {
      case messageType.reply:
        return this.#checkReply(packet);
      case messageType.stream:
        return this.#checkStreamFromTarget(packet);
      case messageType.message:
        if (header.procedure === driverClosedMessage && this.#isRegistered) return;
    }
    const { type, procedure } = header;
    throw new Refused(
      'procedure',
      `a message of type ${type}, procedure ${procedure} from the target`,
    );
  }

  #checkReply({ header, payload }: Packet): void {
    const call = this.#pending.get(header.serial);
    if (call === undefined || procedureOf(call.name).number !== header.procedure) {
      throw new Refused('sequence', `a reply to a call that was not made (${header.procedure})`);
    }
    this.#pending.delete(header.serial);
    const isGood = header.status === messageStatus.ok;
    if (isGood) decode(procedureOf(call.name).ret, payload);
    else decode(remoteError, payload);
    this.#replied(call, isGood);
  }

  #replied({ name, serial }: Pending, isGood: boolean): void {
    const next = (from: Phase, to: Phase) => {
      if (this.#phase === from) this.#phase = to;
    };
    if (name === 'authList' && isGood) next('asked', 'known');
    if (name === 'connectOpen' && isGood) next('known', 'open');
    // A second attempt would be another operation's.
    if (name.startsWith('domainMigratePrepare'))
      next('preparing', isGood ? 'prepared' : 'finished');
    if (name === 'domainMigratePrepareTunnel3Params' && isGood) this.#stream = serial;
    if (name === 'domainMigrateFinish3Params') next('finishing', 'finished');
  }

  /** The target confirms the end of the stream, or breaks it off. */
  #checkStreamFromTarget({ header, payload }: Packet): void {
    const isOurs = this.#streamSerial !== undefined && header.serial === this.#streamSerial;
    if (!isOurs || header.procedure !== procedures.domainMigratePrepareTunnel3Params.number) {
      throw new Refused('procedure', `a stream (procedure ${header.procedure}) from the target`);
    }
    if (header.status === messageStatus.error && payload.length > 0) decode(remoteError, payload);
    else if (payload.length > 0) throw new Refused('procedure', 'data of a stream from the target');
  }

  // ── either way ──────────────────────────────────────────────────────────────────────────────────────

  #checkKeepalive({ header, payload }: Packet): void {
    const { ping, pong } = keepaliveProcedure;
    const isOne =
      header.type === messageType.message &&
      header.version === programVersion &&
      (header.procedure === ping || header.procedure === pong) &&
      header.status === messageStatus.ok &&
      payload.length === 0;
    if (!isOne) throw new Refused('malformed', 'a sign of life that is none');
    if (!this.#isBetween('known', 'closing')) {
      throw new Refused('sequence', 'a sign of life before the connection is made');
    }
  }

  #checkProgram({ header }: Packet): void {
    if (header.program === program.remote && header.version === programVersion) return;
    const { program: number, procedure } = header;
    const message = `procedure ${procedure} of program 0x${number.toString(16)}`;
    throw new Refused('procedure', `${message} is none of a migration’s calls`);
  }

  #isBetween(from: Phase, to: Phase): boolean {
    const at = phases.indexOf(this.#phase);
    return phases.indexOf(from) <= at && at <= phases.indexOf(to);
  }
}
