export { transferRequest } from './client.ts';
export type { TransferRequest } from './client.ts';
export { GivenFile } from './given-file.ts';
export { lengthHeader, offsetHeader } from './headers.ts';
export { TakenFile } from './taken-file.ts';
export { TransferServer } from './server.ts';
export type { TransferEnding, TransferHandler, TransferServerOptions } from './server.ts';
