/** What balance may do with one VM, in words. */
import type { api } from '@drover/protocol';

type VmBalance = NonNullable<api.VmChange['balance']>;

/** In the order in which they are offered. */
export const vmBalances: readonly VmBalance[] = ['cluster', 'recommend', 'never'];

const texts: Readonly<Record<VmBalance, string>> = {
  cluster: 'moved for balance as the cluster’s mode says',
  recommend: 'moved for balance by a person’s word only: its moves are recommended',
  never: 'never moved for balance, and not recommended',
};

/** `never moved for balance, and not recommended` */
export function vmBalanceText(balance: VmBalance = 'cluster'): string {
  return texts[balance];
}
