import { AwsV4Signer } from 'aws4fetch';
import { SteelyardError } from '../../contracts/index.ts';

/** Keys to an S3-compatible store. */
export interface Credentials {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken?: string;
}

/** Keys from AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY and AWS_SESSION_TOKEN. Errors: `store/authentication` when they are not set. */
export const credentialsFrom = (environment: Readonly<Record<string, string | undefined>>): Credentials => {
  const {
    AWS_ACCESS_KEY_ID: accessKeyId,
    AWS_SECRET_ACCESS_KEY: secretAccessKey,
    AWS_SESSION_TOKEN: sessionToken,
  } = environment;
  if (accessKeyId === undefined || accessKeyId === '' || secretAccessKey === undefined || secretAccessKey === '')
    throw new SteelyardError(
      'store/authentication',
      'artifacts in an S3-compatible store need keys, and AWS_ACCESS_KEY_ID or AWS_SECRET_ACCESS_KEY is not set',
      'set both in the environment (in Kubernetes from a Secret); AWS_SESSION_TOKEN too for temporary keys',
    );
  return {
    accessKeyId,
    secretAccessKey,
    ...(sessionToken === undefined || sessionToken === '' ? {} : { sessionToken }),
  };
};

/** What a request for a signature consists of. */
export interface Unsigned {
  readonly method: 'GET' | 'HEAD' | 'PUT' | 'POST' | 'DELETE';
  readonly url: URL;
  readonly headers?: Readonly<Record<string, string>>;
  /** sha256 of the body, 64 hex digits: the server compares it with what arrives. */
  readonly bodySha256: string;
  readonly region: string;
  readonly credentials: Credentials;
  readonly now: Date;
}

/** The request's headers with its signature.
 *  Source: AWS Signature Version 4 for Amazon S3, "Authenticating requests (Authorization header)". */
export const signed = async (request: Unsigned): Promise<Record<string, string>> => {
  const { headers } = await new AwsV4Signer({
    method: request.method,
    url: request.url.href,
    headers: { ...request.headers, 'x-amz-content-sha256': request.bodySha256 },
    ...request.credentials,
    service: 's3',
    allHeaders: true,
    region: request.region,
    datetime: request.now.toISOString().replace(/[:-]|\.\d{3}/g, ''),
  }).sign();
  return Object.fromEntries(headers);
};
