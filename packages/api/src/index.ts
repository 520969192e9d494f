export { buildApp } from './shell/app.ts';
export type { AppParts } from './shell/app.ts';
