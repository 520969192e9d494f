/**
 * Memory that is saved so slowly that something can happen in the middle of it: on the hosts libvirt's own helper, which
 * writes what comes out of QEMU, is found behind a script that lets through a few MiB a second. All else of it is as it was.
 */
import type { Cluster } from './cluster.ts';
import { until } from './until.ts';

const helper = '/usr/lib/libvirt/libvirt_iohelper';
const kept = `${helper}.kept`;

/** At most 64 KiB at a time, as a pipe gives them; a hundred times a second at most. */
const script = `#!/bin/sh
perl -e '$| = 1; while (sysread(STDIN, $b, 65536)) { print $b; select(undef, undef, undef, 0.01) }' | ${kept} "$@"`;

export class SlowSaves implements AsyncDisposable {
  readonly #cluster: Cluster;

  private constructor(cluster: Cluster) {
    this.#cluster = cluster;
  }

  static async on(cluster: Cluster): Promise<SlowSaves> {
    for (const host of cluster.lab.hosts) {
      await cluster.shell(
        host,
        `test -e ${kept} || mv ${helper} ${kept}; cat > ${helper} <<'E'\n${script}\nE\nchmod +x ${helper}`,
      );
    }
    return new SlowSaves(cluster);
  }

  /** Some of the memory is written, and not all. */
  async isSaving(operationId: string): Promise<void> {
    const now = await until(`${operationId} is saving`, async () => {
      const operation = await this.#cluster.api.operation(operationId);
      return (operation.storage?.doneBytes ?? 0) > 0 || operation.done ? operation : undefined;
    });
    if (now.done) throw new Error(`it ended before it was seen: ${JSON.stringify(now)}`);
  }

  /** The next one is made as ever. */
  async [Symbol.asyncDispose](): Promise<void> {
    for (const host of this.#cluster.lab.hosts) {
      await this.#cluster.shell(host, `mv ${kept} ${helper}`);
    }
  }
}
