import { describe, expect, test } from 'vitest';
import { isS3Url, objectUrl, s3LocationOf } from './location.ts';

describe('a place in an S3 store', () => {
  test.each([
    ['s3://models', {}, 'https://models.s3.us-east-1.amazonaws.com/ab/c'],
    ['s3://models/team/x/', { AWS_REGION: 'eu-central-1' }, 'https://models.s3.eu-central-1.amazonaws.com/team/x/ab/c'],
    ['s3://my.models/x?region=eu-west-1', {}, 'https://s3.eu-west-1.amazonaws.com/my.models/x/ab/c'],
    ['s3://models/x?endpoint=http://minio:9000', {}, 'http://minio:9000/models/x/ab/c'],
    ['s3://models/x', { AWS_ENDPOINT_URL_S3: 'https://s3.local' }, 'https://s3.local/models/x/ab/c'],
    ['s3://models/x?path-style=false&endpoint=https://s3.local:444', {}, 'https://models.s3.local:444/x/ab/c'],
  ])('%s', (text, environment, expected) => {
    expect(objectUrl(s3LocationOf(text, environment), 'ab/c').href).toBe(expected);
  });

  test.each([
    ['s3://key:hunter2@models/x', 'holds a key'],
    ['s3://MODELS_/x', 'bucket'],
    ['s3://models/../etc%2f..', 'prefix'],
    ['s3://models/a%20b', 'prefix'],
    ['s3://models/x?acl=public', 'parameter "acl"'],
    ['s3://models/x?endpoint=nowhere', 'no URL'],
    ['s3://models/x?endpoint=http://host/path', 'http(s)://host:port'],
    ['s3://models/x?region=Mars', 'region'],
    ['s3://models/x?path-style=yes', 'path-style'],
  ])('%s is store/url', (text, what) => {
    let error: unknown;
    try {
      s3LocationOf(text, {});
    } catch (thrown) {
      error = thrown;
    }
    expect(error).toMatchObject({ code: 'store/url', message: expect.stringContaining(what) as string });
    expect((error as Error).message).not.toContain('hunter2');
  });

  test('a folder is no bucket', () => {
    expect(isS3Url('shared/s3')).toBe(false);
  });
});
