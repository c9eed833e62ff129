export { openS3Artifacts, type S3ArtifactsOptions } from './artifacts.ts';
export { isS3Url, s3LocationOf, type S3Location } from './location.ts';
