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
