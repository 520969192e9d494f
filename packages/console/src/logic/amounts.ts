/** Sizes as they stand on a page: as the command line writes them, with a thin space before the unit. */
import { formatBytes, formatCpu, formatMib } from '@drover/cli/words';

export const mibText = (mib: number): string => spaced(formatMib(mib));
export const bytesText = (bytes: number): string => spaced(formatBytes(Math.round(bytes)));
export const coresText = (cpuMilli: number): string =>
  `${formatCpu(cpuMilli)} ${cpuMilli === 1000 ? 'core' : 'cores'}`;
export const rateText = (bytesPerSecond: number): string => `${bytesText(bytesPerSecond)}/s`;

/** `3 VMs`, `1 VM` */
export const count = (many: number, one: string): string =>
  `${many} ${one}${many === 1 ? '' : 's'}`;

export function percentOf(part: number, of: number): number {
  return of <= 0 ? 0 : Math.min(100, Math.round((part / of) * 100));
}

function spaced(text: string): string {
  return text.replace(/(\d)([A-Za-z])/, '$1\u202f$2');
}
