/**
 * One transfer: bytes taken into the quarantine of their operation, or a file of a pool given, to who has the key. Ends when all
 * has passed, when nothing does, and with the agent.
 */
import { constants } from 'node:fs';
import { rm } from 'node:fs/promises';
import { DroverError } from '@drover/protocol';
import { GivenFile, TakenFile, TransferServer, type TransferHandler } from '@drover/transfer';
import { missing } from './clone.ts';
import type { ProcessLine, ProcessOrder } from './job-order.ts';
import { PoolFolder } from './pool-folder.ts';
import { receivedFile, shareQuarantine } from './quarantine.ts';
import { checkUnwritten, throwIfCancelled, type ToolWatch } from './qemu-img.ts';

type Order = Extract<ProcessOrder, { kind: 'transfer' }>;

export async function serveTransfer(
  order: Order,
  watch: ToolWatch,
  tell: (line: ProcessLine) => void,
): Promise<void> {
  const { transfer } = order;
  const isIn = transfer.direction === 'in';
  await using pool = await PoolFolder.open(isIn ? transfer.into : transfer.at.pool);
  await using stack = new AsyncDisposableStack();
  const { handler, close } = isIn
    ? await taking(pool, order, transfer.bytes)
    : await giving(pool, transfer.at.file, watch);
  stack.defer(close);
  throwIfCancelled(watch.signal);
  const server = stack.use(
    await TransferServer.listen({ ...order, handler, onWhole: () => tell({ type: 'whole' }) }),
  );
  watch.signal.addEventListener('abort', () => server[Symbol.dispose]());
  tell({ type: 'listening', port: server.port });
  const how = await server.ended;
  if (how === 'idle') {
    throw new DroverError('transfer-ended', `nothing came for ${order.idleMs} ms`);
  }
  throwIfCancelled(watch.signal);
}

interface Open {
  readonly handler: TransferHandler;
  readonly close: () => Promise<void>;
}

/** Goes on where an earlier transfer of the operation ended. */
async function taking(pool: PoolFolder, order: Order, bytes: number): Promise<Open> {
  const path = `${await shareQuarantine(pool, order)}/${receivedFile}`;
  // More than was announced, by another announcement: nobody knows of what it is the beginning.
  if (((await pool.look(path))?.size ?? 0) > bytes) await rm(pool.at(path), { force: true });
  const file = await pool.open(path, constants.O_WRONLY | constants.O_CREAT);
  await pool.own(pool.at(path));
  return { handler: new TakenFile(file, bytes), close: () => file.close() };
}

/** What a VM writes to would be given as it never was: neither as it is now nor as it was when that began. */
async function giving(pool: PoolFolder, name: string, watch: ToolWatch): Promise<Open> {
  const found = await pool.look(name);
  if (found === undefined) throw missing(pool, { file: name });
  await checkUnwritten(pool.absolute(name), watch);
  const file = await pool.open(name);
  return { handler: new GivenFile(file, found.size), close: () => file.close() };
}
