/**
 * Copies of disks that are made so slowly that something can happen in the middle of one: on the hosts QEMU's own tool is
 * found behind a script that limits its rate, by QEMU's own option. All else of it is as it was.
 */
import type { Cluster } from './cluster.ts';
import { until } from './until.ts';

/** Where programs are looked for first. */
const script = '/usr/local/bin/qemu-img';

export class SlowCopies implements AsyncDisposable {
  readonly #cluster: Cluster;

  private constructor(cluster: Cluster) {
    this.#cluster = cluster;
  }

  static async on(cluster: Cluster, mibPerSecond: number): Promise<SlowCopies> {
    const text = `#!/bin/sh
[ "$1" = convert ] && shift && set -- convert -r ${mibPerSecond}M "$@"
exec /usr/bin/qemu-img "$@"`;
    for (const host of cluster.lab.hosts) {
      await cluster.shell(host, `cat > ${script} <<'E'\n${text}\nE\nchmod +x ${script}`);
    }
    return new SlowCopies(cluster);
  }

  /** Some of it is written, and not all. */
  async isCopying(poolPath: string, operationId: string): Promise<void> {
    const file = `${poolPath}/.drover/quarantine/${operationId}/made`;
    await until(`${operationId} is copying`, async () =>
      (await this.#cluster.lab.exec('h1', ['test', '-s', file])).exitCode === 0 ? true : undefined,
    );
  }

  /** The next one is made as ever. */
  async [Symbol.asyncDispose](): Promise<void> {
    for (const host of this.#cluster.lab.hosts) {
      await this.#cluster.shell(host, `rm -f ${script}`);
    }
  }
}
