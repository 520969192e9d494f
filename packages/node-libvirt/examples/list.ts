/**
 * What runs on a host, and how much of it: `node examples/list.ts [URI]`.
 */
import { connect, domainStatsType } from '../src/index.ts';

const [uri = 'qemu:///system'] = process.argv.slice(2);
await using libvirt = await connect(uri);

const { cpus, memoryKib } = await libvirt.host.info();
console.log(`${await libvirt.host.hostname()}: ${cpus} CPUs, ${Math.round(memoryKib / 1024)} MiB`);

const wanted = domainStatsType.state | domainStatsType.cpuTotal | domainStatsType.balloon;
const stats = await libvirt.domains.stats(wanted);
for (const { domain, state, cpu, balloon } of stats) {
  const cpuSeconds = Number(cpu.timeNs ?? 0n) / 1e9;
  const memoryMib = Math.round((balloon.currentKib ?? 0) / 1024);
  const words = `${state?.state} (${state?.reason})`;
  console.log(`${domain.name}: ${words}, ${memoryMib} MiB, ${cpuSeconds} s of CPU`);
}
