export { headroomAnswer } from './headroom.ts';
export { createScheduler } from './scheduler.ts';
export { defaultSettings } from './settings.ts';
export type {
  SchedulerCommand,
  SchedulerEvent,
  SchedulerLogic,
  SchedulerOptions,
  SchedulerSettings,
  Now,
  Put,
  StoreChange,
  StoreEntry,
} from './port.ts';
