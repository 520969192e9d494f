export { transferRequest } from './client.ts';
export type { TransferRequest } from './client.ts';
export { ConsoleDoor } from './console-door.ts';
export {
  bytesOf,
  consoleLimits,
  keepAwake,
  pipeConsole,
  sendBytes,
  textOf,
} from './console-pipe.ts';
export { visitConsole } from './console-visit.ts';
export { GivenFile } from './given-file.ts';
export { lengthHeader, offsetHeader } from './headers.ts';
export { TakenFile } from './taken-file.ts';
export { TransferServer } from './server.ts';
export type { TransferEnding, TransferHandler, TransferServerOptions } from './server.ts';
