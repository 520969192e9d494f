export { ApiProblem, NotTheApi } from './api-problem.ts';
export { addressOf, ApiClient, type ApiClientOptions } from './client.ts';
export type { Body } from './body.ts';
