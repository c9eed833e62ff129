import { SteelyardError, isSteelyardError } from '../../contracts/index.ts';
import type { S3Location } from './location.ts';

/** A server's answer that is no success. */
export class Refused extends Error {
  readonly status: number;
  /** The code in the answer's body, e.g. NoSuchBucket; empty where there is none. */
  readonly code: string;

  constructor(status: number, body: string) {
    const code = /<Code>([\w.]{1,80})<\/Code>/.exec(body)?.[1] ?? '';
    const message = /<Message>([^<]{1,300})<\/Message>/.exec(body)?.[1] ?? '';
    super([`HTTP ${status}`, code, message].filter((part) => part !== '').join(' · '));
    this.status = status;
    this.code = code;
  }
}

const network = new Set(
  'ECONNREFUSED ECONNRESET EPIPE ETIMEDOUT EHOSTUNREACH ENETUNREACH ENOTFOUND EAI_AGAIN ECONNABORTED HPE_INVALID_CONSTANT'.split(
    ' ',
  ),
);
const slow = new Set(['RequestTimeout', 'SlowDown', 'InternalError', 'ServiceUnavailable', 'OperationAborted']);

/** Whether the same request may succeed a little later. */
export const isPassing = (error: unknown): boolean => {
  if (isSteelyardError(error)) return false;
  if (error instanceof Refused) return [429, 500, 502, 503, 504].includes(error.status) || slow.has(error.code);
  const { code, message } = error as { code?: string; message: string };
  return (code !== undefined && network.has(code)) || /socket hang up|aborted|premature close/i.test(message);
};

/** The fault behind an error of the store or the way to it, coded. Names endpoint and bucket, never a key. */
export const s3Fault = (error: unknown, location: S3Location, doing: string): Error => {
  if (isSteelyardError(error)) return error;
  const { code, message } = error as { code?: string; message: string };
  const where = `bucket ${location.bucket} at ${location.endpoint}`;
  const cause = { cause: error };
  if (error instanceof Refused) {
    if (
      /^(SignatureDoesNotMatch|InvalidAccessKeyId|ExpiredToken|InvalidToken|AuthFailure|RequestTimeTooSkewed)$/.test(
        error.code,
      )
    )
      return new SteelyardError(
        'store/authentication',
        `${where} does not accept the keys (${doing}): ${message}`,
        error.code === 'RequestTimeTooSkewed'
          ? 'set this machine’s clock'
          : 'check AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, AWS_SESSION_TOKEN and the region',
        cause,
      );
    if (error.code === 'QuotaExceeded' || error.code === 'XMinioStorageFull' || error.status === 507)
      return new SteelyardError(
        'store/no-space',
        `${where} is full (${doing}): ${message}`,
        'free space there, then run the same command with --resume: finished steps are kept',
        cause,
      );
    if (
      error.code === 'NoSuchBucket' ||
      error.code === 'PermanentRedirect' ||
      error.code === 'AuthorizationHeaderMalformed'
    )
      return new SteelyardError(
        error.code === 'NoSuchBucket' ? 'store/missing' : 'store/url',
        `${where}, region ${location.region} (${doing}): ${message}`,
        'check bucket, region and endpoint of the artifacts’ URL',
        cause,
      );
    if (error.status === 401 || error.status === 403)
      return new SteelyardError(
        'store/permission',
        `not allowed in ${where} (${doing}): ${message}`,
        'the keys need s3:GetObject, s3:PutObject and s3:AbortMultipartUpload under the prefix',
        cause,
      );
    if (isPassing(error))
      return new SteelyardError(
        'store/unreachable',
        `${where} does not answer as it should (${doing}): ${message}`,
        'finished steps are kept: run the same command with --resume later',
        cause,
      );
    return new SteelyardError('store/io', `${where} refuses (${doing}): ${message}`, 'see the server’s log', cause);
  }
  if (code !== undefined && /CERT|SELF_SIGNED|UNABLE_TO_|ERR_TLS|ERR_SSL|^EPROTO$/.test(code))
    return new SteelyardError(
      'store/tls',
      `no safe connection to ${location.endpoint}: ${message}`,
      'give the authority’s certificate in NODE_EXTRA_CA_CERTS',
      cause,
    );
  if (isPassing(error))
    return new SteelyardError(
      'store/unreachable',
      `${location.endpoint} cannot be reached (${doing}): ${message === '' ? code : message}`,
      'check the endpoint; finished steps are kept, so run the same command with --resume afterwards',
      cause,
    );
  return error as Error;
};
