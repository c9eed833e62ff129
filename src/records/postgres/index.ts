export { addressOf, isPostgresUrl, withoutPassword, type Address } from './address.ts';
export { databaseFault, isPassing } from './fault.ts';
export { loadDriver } from './driver.ts';
export { openPostgresStore, type PostgresStore, type PostgresStoreOptions } from './store.ts';
export { type Access } from './run.ts';
