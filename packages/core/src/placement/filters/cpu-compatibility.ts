/**
 * What the VM's system was told of its CPU has to be there after a move. Where nobody knows the features the
 * host passes: the agents compare exactly before they move anything.
 */
import { listed } from '../../names.ts';
import { type FilterInput, type No, sourceOf } from './filter.ts';

export function cpuDiffers(input: FilterInput): No | undefined {
  const { request, host } = input;
  const source = sourceOf(input);
  if (source === undefined || request.shape.cpu?.mode !== 'host-passthrough') return undefined;
  return source.cpuModel === host.cpuModel
    ? undefined
    : { required: source.cpuModel, available: host.cpuModel };
}

/** New VMs start with the cluster's CPU; one that moves is compared as it runs. */
export function cpuBaselineMissing({ request, host }: FilterInput): No | undefined {
  return host.lacksCpuBaseline === true && request.source === undefined
    ? { required: 'the cluster’s CPU', available: host.cpuModel }
    : undefined;
}

export function cpuFeatureMissing(input: FilterInput): No | undefined {
  const { request, host } = input;
  const { cpuFeatures } = host;
  if (cpuFeatures === undefined) return undefined;
  const passedThrough = request.shape.cpu?.mode === 'host-passthrough';
  const wanted =
    request.shape.cpu?.features ?? (passedThrough ? sourceOf(input)?.cpuFeatures : undefined);
  const missing = (wanted ?? []).filter((feature) => !cpuFeatures.includes(feature));
  return missing.length === 0
    ? undefined
    : { required: listed(missing, ' '), available: host.cpuModel };
}
