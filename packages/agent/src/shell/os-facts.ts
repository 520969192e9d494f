/**
 * What the operating system says about the host: size, pressure, use, bridges, boot. Reads /proc and /sys
 * and nothing else; what libvirt says is host-facts.ts.
 */
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { readdir, readFile, stat } from 'node:fs/promises';
import { arch, availableParallelism, cpus, freemem, totalmem } from 'node:os';
import type { Resources } from './config.ts';

const mib = 1024 * 1024;

export interface Pressure {
  readonly cpuPressurePermille: number;
  readonly memoryPressurePermille: number;
}

export function hostArch(): 'x86_64' | 'aarch64' {
  return arch() === 'arm64' ? 'aarch64' : 'x86_64';
}

export function measuredCapacity(): Resources {
  return {
    memoryMib: Math.floor(totalmem() / mib),
    cpuMilli: availableParallelism() * 1000,
  };
}

export function processorName(): string {
  return (cpus()[0]?.model ?? 'unknown').slice(0, 255);
}

/** Names of the host's bridges, those that a VM's name can say. */
export async function bridges(): Promise<readonly string[]> {
  const names = await readdir('/sys/class/net').catch(() => []);
  const found: string[] = [];
  for (const name of names) {
    const isBridge = await stat(`/sys/class/net/${name}/bridge`).catch(() => undefined);
    if (isBridge && /^[a-z0-9]([a-z0-9-]*[a-z0-9])?$/.test(name)) found.push(name);
  }
  return found.toSorted().slice(0, 64);
}

/** Share of the last ten seconds in which some task waited; zero where the kernel does not tell. */
export async function pressure(): Promise<Pressure> {
  const [cpu, memory] = await Promise.all([somePermille('cpu'), somePermille('memory')]);
  return { cpuPressurePermille: cpu, memoryPressurePermille: memory };
}

async function somePermille(what: 'cpu' | 'memory'): Promise<number> {
  const text = await readFile(`/proc/pressure/${what}`, 'utf8').catch(() => '');
  const percent = Number(/^some avg10=([0-9.]+)/m.exec(text)?.[1] ?? 0);
  return Math.min(1000, Math.round(percent * 10));
}

/** CPU use between two calls; the first says zero. */
export class CpuMeter {
  #busy = 0;
  #total = 0;

  async milli(): Promise<number> {
    const text = await readFile('/proc/stat', 'utf8').catch(() => '');
    const [user = 0, nice = 0, system = 0, idle = 0, wait = 0, irq = 0, soft = 0, steal = 0] =
      /^cpu +(.+)$/m.exec(text)?.[1]?.split(' ').map(Number) ?? [];
    const busy = user + nice + system + irq + soft + steal;
    const total = busy + idle + wait;
    const [busySince, totalSince] = [busy - this.#busy, total - this.#total];
    const first = this.#total === 0;
    this.#busy = busy;
    this.#total = total;
    if (first || totalSince <= 0) return 0;
    return Math.max(0, Math.round((busySince / totalSince) * cpus().length * 1000));
  }
}

export async function usedMemoryMib(): Promise<number> {
  const text = await readFile('/proc/meminfo', 'utf8').catch(() => '');
  const available = Number(/^MemAvailable: +(\d+) kB$/m.exec(text)?.[1] ?? freemem() / 1024);
  return Math.max(0, Math.round((totalmem() / 1024 - available) / 1024));
}

/**
 * Another one after each boot of the host, and after each start of the container that plays one: the
 * kernel's own boot id is the same in all containers, so the start of process 1 goes in too.
 */
export async function readBootId(): Promise<string> {
  const kernel = await readFile('/proc/sys/kernel/random/boot_id', 'utf8');
  const started = startedAt(1);
  return createHash('sha256').update(`${kernel.trim()} ${started}`).digest('hex').slice(0, 32);
}

/** When a process began, in ticks since the kernel did (proc(5)). Throws where there is none of that number. */
export function startedAt(pid: number): string {
  const text = readFileSync(`/proc/${pid}/stat`, 'utf8');
  // The name in parentheses may hold anything; what follows it are numbers. The 20th is the start time.
  return text.slice(text.lastIndexOf(')') + 2).split(' ')[19] ?? '';
}
