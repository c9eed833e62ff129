export { openClient, type ClientControl } from './client.ts';
export type { LoadTarget } from './protocol.ts';
