/** The scenario `storage`, part after part, with one VM. */
import type { Narrator } from '@drover/deploy/lab';
import type { Claims } from '../claims.ts';
import type { Site } from '../site.ts';
import { checkPartition } from './partition.ts';
import { checkPool } from './pool.ts';
import { checkPowerLoss } from './power-loss.ts';
import { checkServerRestart } from './server-restart.ts';
import { checkMove } from './two-hosts.ts';

export async function storage(site: Site, claims: Claims, tell: Narrator): Promise<void> {
  tell.part('A pool, declared once');
  await checkPool(site, claims);
  tell.part('A VM that moves');
  const ledger = await checkMove(site, claims);
  tell.part('Its host loses its power');
  await checkPowerLoss(site, claims, ledger, tell);
  tell.part('Its host is cut off');
  await checkPartition(site, claims, ledger);
  tell.part('The server loses its power');
  await checkServerRestart(site, claims, ledger, tell);
}
