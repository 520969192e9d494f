export { connectBus } from './connect-bus.ts';
export { createNkey } from './nkey.ts';
export type { Nkey } from './nkey.ts';
export type {
  Bus,
  BusOptions,
  BusState,
  BusStats,
  MessageHandler,
  RequestHandler,
  RespondOptions,
  SubscribeOptions,
  Subscription,
} from './port.ts';
