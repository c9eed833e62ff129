export type { Artifacts } from './artifacts.ts';
export { canonicalJson, digestOf, digestOfBytes, parseCanonical } from './canonical.ts';
export {
  openArtifacts,
  openScratchFolder,
  openStore,
  type FileStore,
  type ScratchFolder,
  type StoreOptions,
} from './files/index.ts';
export { openSharedArtifacts, type SharedArtifactsOptions } from './shared-artifacts.ts';
export { isS3Url, openS3Artifacts, s3LocationOf, type S3ArtifactsOptions, type S3Location } from './s3/index.ts';
export {
  addressOf,
  databaseFault,
  isPassing,
  isPostgresUrl,
  loadDriver,
  openPostgresStore,
  withoutPassword,
  type Access,
  type Address,
  type PostgresStore,
  type PostgresStoreOptions,
} from './postgres/index.ts';
export * from './cache/index.ts';
export { followRecords } from './files/follow.ts';
