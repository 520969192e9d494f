export { faultNames } from './faults.ts';
export type { FaultName } from './faults.ts';
export { runSeed } from './run-seed.ts';
export type { SeedResult } from './run-seed.ts';
export { readScenario, runScenario } from './scenario.ts';
export type { Scenario, ScenarioRun } from './scenario.ts';
export { renderTrace } from './trace.ts';
export type { TraceLine } from './trace.ts';
