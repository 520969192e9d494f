/**
 * A VM that QEMU paused since there was no room for what it wrote goes on by itself as soon as there is: it is the copy that
 * ran there, with its locks, and nobody has asked for it to stand still. One that a person paused, that is on its way to
 * another host, that is not Drover's, or whose disk failed in any other way is left to people.
 */
import { dirname } from 'node:path';
import { type Domain, type Libvirt, readDomain } from 'node-libvirt';
import { fullBelowMib, type PoolFiles } from '../logic/index.ts';
import type { SeenVm } from './vm-looker.ts';
import { lookAt } from './vm-state.ts';

export interface RoomAgainParts {
  /** Never waits long for a server that does not answer. */
  readonly look: (path: string) => Promise<PoolFiles>;
  readonly tell: (text: string) => void;
}

export class RoomAgain {
  readonly #parts: RoomAgainParts;
  #isBusy = false;

  constructor(parts: RoomAgainParts) {
    this.#parts = parts;
  }

  /** Looks after those that stand still for that, if it does not do so already. Never rejects. */
  async saw(
    libvirt: Pick<Libvirt, 'domains'>,
    vms: readonly Pick<SeenVm, 'vmId' | 'name' | 'state' | 'migrating' | 'generation'>[],
  ): Promise<void> {
    if (this.#isBusy) return;
    this.#isBusy = true;
    try {
      for (const vm of vms) {
        const waits = vm.state === 'paused-io-error' && !vm.migrating;
        if (waits && vm.generation !== undefined) await this.#resume(libvirt, vm);
      }
    } finally {
      this.#isBusy = false;
    }
  }

  async #resume(
    libvirt: Pick<Libvirt, 'domains'>,
    { vmId, name }: Pick<SeenVm, 'vmId' | 'name'>,
  ): Promise<void> {
    try {
      const paths = await filesWithoutRoom(await libvirt.domains.byUuid(vmId));
      if (paths.length === 0) return;
      for (const path of paths) if (!(await this.#hasRoom(path))) return;
      // What was seen of it is older than these answers.
      const now = await lookAt(libvirt as Libvirt, vmId);
      if (now?.state !== 'paused-io-error' || now.migrating) return;
      await now.dom.resume();
      this.#parts.tell(`${name} stood still since its pool was full, and goes on: there is room`);
    } catch (error) {
      this.#parts.tell(`${name} stands still since its pool was full: ${String(error)}`);
    }
  }

  async #hasRoom(path: string): Promise<boolean> {
    const files = await this.#parts.look(dirname(path));
    return files.type === 'answered' && !files.isReadOnly && files.freeMib >= fullBelowMib;
  }
}

/** Of the VM's disks that failed; none where any of them failed for another reason, or is no file. */
async function filesWithoutRoom(dom: Domain): Promise<readonly string[]> {
  const failures = Object.entries(await dom.devices.diskErrors());
  const { disks } = readDomain(await dom.xml());
  const paths: string[] = [];
  for (const [target, failure] of failures) {
    const source = disks.find((disk) => disk.target === target)?.source;
    if (failure !== 'no-space' || source?.type !== 'file') return [];
    paths.push(source.path);
  }
  return paths;
}
