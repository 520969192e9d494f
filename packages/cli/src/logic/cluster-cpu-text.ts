/** The cluster's CPU in lines. */
import type { api } from '@drover/protocol';
import { oneLine } from './harmless.ts';

/** `when` it was computed, as people write it. */
export function clusterCpuText(
  { cpus, by, lacking }: api.ClusterCpuBody,
  when: string,
): readonly string[] {
  if (cpus.length === 0) {
    return [
      'The cluster has no CPU of its own: VMs start with what their host can give.',
      'Find one with: drover cluster cpu recompute',
    ];
  }
  return [
    ...cpus.map(
      ({ arch, accelerator, model, hosts }) =>
        `${arch}, ${accelerator}: ${oneLine(model)}, from ${hosts.map(oneLine).join(', ')}`,
    ),
    `computed for ${oneLine(by ?? '')}${when === '' ? '' : `, ${when}`}`,
    ...lacking.map((host) => `${oneLine(host)} cannot give it: no new VMs`),
  ];
}
