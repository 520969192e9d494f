export { ApiProblem, NotTheApi } from './api-problem.ts';
export { ApiClient, type ApiClientOptions } from './client.ts';
export type { Body } from './body.ts';
