/** The one VM of the run: made, found, and read from its disk, on the server, past every host. */
import type { api } from '@drover/protocol';
import { type CanaryLog, readCanary } from '../../end-to-end/support/canary.ts';
import { until } from '../../end-to-end/support/until.ts';
import { exportPath, poolPath } from '../configure.ts';
import { patienceMs } from '../machine.ts';
import type { Site } from '../site.ts';

export const vmName = 'ledger';

export class Ledger {
  readonly id: string;
  readonly #site: Site;

  constructor(site: Site, id: string) {
    this.#site = site;
    this.id = id;
  }

  /** A thin clone of the tiny image, whose canary numbers its records on the disk. */
  static async create(site: Site): Promise<{ ledger: Ledger; operationId: string }> {
    const spec = {
      vcpus: 1,
      memoryMib: 128,
      disks: [{ pool: 'vms', image: 'tiny.qcow2' }],
      networks: [],
    };
    const body = { name: vmName, spec };
    const { vm, operation } = await site.api.expect<api.VmCreated>(202, 'POST', '/v1/vms', body);
    return { ledger: new Ledger(site, vm.id), operationId: operation?.id ?? '' };
  }

  get file(): string {
    return `${this.id}-0.qcow2`;
  }

  get poolFile(): string {
    return `${poolPath}/${this.file}`;
  }

  async body(): Promise<api.VmBody> {
    return this.#site.api.vm(this.id);
  }

  /** What its disk says, as the server has it. */
  async log(): Promise<CanaryLog> {
    const text = await this.#site.nfs.ask(
      `part=$(mktemp) && trap 'rm -f $part' EXIT
      qemu-img dd -U -f qcow2 -O raw bs=1M skip=32 if=${exportPath}/${this.file} of=$part && tr -d '\\0' < $part`,
      { timeoutMs: 120_000 },
    );
    return readCanary(text);
  }

  /** Waits for records of this boot, newer than `afterAt`. */
  async writes(boots: number, afterAt = 0): Promise<CanaryLog> {
    const ask = async () => {
      const log = await this.log();
      return log.boots.length === boots && log.lastAt > afterAt ? log : undefined;
    };
    return until(`${vmName} writes in its boot ${boots}`, ask, {
      deadlineMs: patienceMs,
      everyMs: 1_000,
    });
  }

  /** A disk that is read while it is written may show a record too few; a second look does not. */
  async harm(): Promise<readonly string[]> {
    const { harm } = await this.log();
    return harm.length === 0 ? harm : (await this.log()).harm;
  }

  /** `running`, `paused (I/O error)`, … by the host's own libvirt; `absent`. */
  async stateOn(host: string): Promise<string> {
    const { stdout, exitCode } = await this.#site
      .machine(host)
      .sh(`timeout 10 virsh --quiet domstate --reason ${vmName}`);
    return exitCode === 0 ? stdout.trim() : 'absent';
  }

  /** Asked for again while a host is too busy to say what it is like, as a person would. */
  async moveTo(target: string): Promise<api.OperationBody> {
    const path = `/v1/vms/${this.id}/migrate`;
    const end = performance.now() + patienceMs;
    for (;;) {
      const asked = await this.#site.api.expect<api.OperationBody>(202, 'POST', path, { target });
      const ended = await this.#site.ended(asked.id);
      if (ended.error?.code !== 'host-silent' || performance.now() > end) return ended;
    }
  }
}
