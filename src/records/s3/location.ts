import { SteelyardError } from '../../contracts/index.ts';

/** A place in an S3-compatible store. */
export interface S3Location {
  readonly bucket: string;
  /** Without slashes at its ends; may be empty. */
  readonly prefix: string;
  readonly region: string;
  /** Origin of the server, without a path. */
  readonly endpoint: string;
  /** Whether the bucket is in the path (http://host/bucket/key) rather than in the host's name. */
  readonly pathStyle: boolean;
}

type Environment = Readonly<Record<string, string | undefined>>;

const refuse = (what: string): SteelyardError =>
  new SteelyardError(
    'store/url',
    `the artifacts' URL ${what}`,
    'expected s3://bucket/prefix, for servers other than AWS with ?endpoint=https://host:port&region=…&path-style=true; keys belong into AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY',
  );

const parameters = new Set(['endpoint', 'region', 'path-style']);

/** Whether this names a bucket rather than a folder. */
export const isS3Url = (text: string): boolean => /^s3:\/\//i.test(text);

/** Read `s3://bucket/prefix?endpoint=…&region=…&path-style=…`. What it does not say comes from AWS_REGION, AWS_DEFAULT_REGION,
 *  AWS_ENDPOINT_URL_S3 and AWS_ENDPOINT_URL; at last AWS in us-east-1. Other endpoints than AWS have the bucket in the path.
 *  Errors: `store/url`. Source: Amazon S3 user guide, bucket naming rules and virtual hosting of buckets. */
export const s3LocationOf = (text: string, environment: Environment = process.env): S3Location => {
  let url: URL;
  try {
    url = new URL(text);
  } catch {
    throw refuse('cannot be read');
  }
  if (!isS3Url(text)) throw refuse('does not begin with s3://');
  if (url.username !== '' || url.password !== '') throw refuse('holds a key');
  const bucket = url.host;
  if (!/^[a-z0-9][a-z0-9._-]{1,61}[a-z0-9]$/.test(bucket))
    throw refuse(`names the bucket "${bucket}", expected 3 to 63 lower-case letters, digits, dots and hyphens`);
  for (const name of url.searchParams.keys())
    if (!parameters.has(name)) throw refuse(`has the parameter "${name}", known are ${[...parameters].join(', ')}`);
  const prefix = decodeURIComponent(url.pathname).replace(/^\/+|\/+$/g, '');
  if (prefix.length > 900 || /[^\w./=@+-]/.test(prefix) || prefix.split('/').some((part) => /^\.{1,2}$/.test(part)))
    throw refuse(`has a prefix with other characters than letters, digits and / . - _ = @ +`);
  const region =
    url.searchParams.get('region') ?? environment['AWS_REGION'] ?? environment['AWS_DEFAULT_REGION'] ?? 'us-east-1';
  if (!/^[a-z0-9-]{1,40}$/.test(region)) throw refuse(`names the region "${region}"`);
  const given =
    url.searchParams.get('endpoint') ?? environment['AWS_ENDPOINT_URL_S3'] ?? environment['AWS_ENDPOINT_URL'];
  const style = url.searchParams.get('path-style');
  if (style !== null && style !== 'true' && style !== 'false')
    throw refuse('has a path-style other than true and false');
  if (given === undefined)
    // A dot in a bucket's name does not fit the certificate for *.s3.….
    return {
      bucket,
      prefix,
      region,
      endpoint: `https://s3.${region}.amazonaws.com`,
      pathStyle: style === null ? bucket.includes('.') : style === 'true',
    };
  let endpoint: URL;
  try {
    endpoint = new URL(given);
  } catch {
    throw refuse(`has an endpoint that is no URL: ${given}`);
  }
  if (!/^https?:$/.test(endpoint.protocol) || endpoint.pathname !== '/' || endpoint.username !== '')
    throw refuse('has an endpoint other than http(s)://host:port');
  return { bucket, prefix, region, endpoint: endpoint.origin, pathStyle: style !== 'false' };
};

/** Address of an object. */
export const objectUrl = ({ bucket, prefix, endpoint, pathStyle }: S3Location, key: string): URL => {
  const url = new URL(endpoint);
  const full = prefix === '' ? key : `${prefix}/${key}`;
  const encoded = full.split('/').map(encodeURIComponent).join('/');
  if (pathStyle) url.pathname = `/${bucket}/${encoded}`;
  else {
    url.hostname = `${bucket}.${url.hostname}`;
    url.pathname = `/${encoded}`;
  }
  return url;
};
