/** The machine that the VM is made for, and what runs it. */
import { type FilterInput, type No, sourceOf } from './filter.ts';

export function wrongArchitecture({ request, host }: FilterInput): No | undefined {
  return host.arch === request.shape.arch
    ? undefined
    : { required: request.shape.arch, available: host.arch };
}

/** A VM that runs under one accelerator cannot move to a host with the other. */
export function acceleratorDiffers(input: FilterInput): No | undefined {
  const source = sourceOf(input);
  return source === undefined || source.accelerator === input.host.accelerator
    ? undefined
    : { required: source.accelerator, available: input.host.accelerator };
}
