/** What is done with a VM after a yes and without a choice: the words of the question, and nothing else. */
import { mibText } from './amounts.ts';
import type { Vm } from './types.ts';

export type VmStep = 'save' | 'resume' | 'pause' | 'unpause';

export interface StepWords {
  /** On the button, and before the name of the VM in the title. */
  readonly verb: string;
  readonly text: (vm: Vm) => string;
}

export const vmSteps: Readonly<Record<VmStep, StepWords>> = {
  save: {
    verb: 'Save',
    text: ({ spec }) =>
      `Its memory, ${mibText(spec.maxMemoryMib ?? spec.memoryMib)} at most, is written to a file in the pool of ` +
      'its first disk, and it is turned off. It stands still from now on, until it is resumed: on any host that ' +
      'fits, just where it was. If the save fails, it runs on.',
  },
  resume: {
    verb: 'Resume',
    text: () =>
      'It goes on from its saved memory, on the host that suits it best then; the table below shows which that ' +
      'would be now.',
  },
  pause: {
    verb: 'Pause',
    text: () =>
      'It stands still and keeps its memory and its place. No drain and no balance moves it before somebody ' +
      'unpauses it.',
  },
  unpause: { verb: 'Unpause', text: () => 'It runs on from where it was paused.' },
};

export function isVmStep(what: string | undefined): what is VmStep {
  return what !== undefined && Object.hasOwn(vmSteps, what);
}
