export { connectBus } from './connect-bus.ts';
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
