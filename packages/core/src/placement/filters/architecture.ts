/** The machine that the VM is made for, and what runs it. */
import { type FilterInput, type No, originOf } from './filter.ts';

export function wrongArchitecture({ request, host }: FilterInput): No | undefined {
  return host.arch === request.shape.arch
    ? undefined
    : { required: request.shape.arch, available: host.arch };
}

/** A VM that runs, or was saved, under one accelerator cannot go on under the other. */
export function acceleratorDiffers(input: FilterInput): No | undefined {
  const origin = originOf(input);
  return origin === undefined || origin.accelerator === input.host.accelerator
    ? undefined
    : { required: origin.accelerator, available: input.host.accelerator };
}
