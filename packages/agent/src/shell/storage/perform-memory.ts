/** What the agent needs of a VM's memory around what libvirt does with it, in a process that may wait for the storage. */
import type { MemoryWork } from './job-order.ts';
import { giveMemoryBack, lookForMemory, makeRoom, type MemoryState, takeMemory } from './memory.ts';
import { PoolFolder } from './pool-folder.ts';
import { leaveQuarantine, type Owner } from './quarantine.ts';

interface MemoryOrder {
  readonly opId: string;
  readonly owner: Owner;
  readonly work: MemoryWork;
}

export async function performMemory({
  work,
  ...of
}: MemoryOrder): Promise<{ readonly memory?: MemoryState }> {
  if (work.type === 'make-room') {
    await using pool = await PoolFolder.open(work.pool);
    await makeRoom(pool, work.roomBytes, of);
    return {};
  }
  const { at, facts } = work;
  await using pool = await PoolFolder.open(at.pool);
  switch (work.type) {
    case 'look':
      return { memory: await lookForMemory(pool, at.file, facts, of) };
    case 'take':
      return { memory: await takeMemory(pool, at.file, facts, of) };
    case 'give-back':
      await giveMemoryBack(pool, at.file, of);
      await leaveQuarantine(pool, of);
      return {};
  }
}
