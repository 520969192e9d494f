export { cancelOperation } from './cancel-operation.ts';
export { cancelDrain, cancelMigration, startDrain } from './decide-drain.ts';
export {
  applyRecommendation,
  dismissRecommendation,
  type RecommendedUnit,
  requireUnit,
  setBalanceSettings,
} from './balance.ts';
export { cloneVm } from './clone-vm.ts';
export { cordon, uncordon } from './decide-host.ts';
export { renameVm } from './rename-vm.ts';
export { forgetHost } from './decide-forget.ts';
export { startRecovery } from './decide-recovery.ts';
export { createRule, deleteRule, enforceRule, setRule } from './decide-rule.ts';
export { createVm, requestOnVm } from './decide-vm.ts';
export type { VmAction } from './decide-vm.ts';
export { nextEra, raiseEra } from './cluster.ts';
export { setMigrationSettings } from './migration-settings.ts';
export { Picture, watchedPrefixes } from './picture.ts';
export { deleteOrphan } from './orphans.ts';
export { declarePool } from './pools.ts';
export type { Ask, Decide } from './write.ts';
export { writing } from './writing.ts';
export type { WriteNews, WriteStep } from './writing.ts';
