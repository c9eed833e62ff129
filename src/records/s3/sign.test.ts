import { createHash } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { credentialsFrom, signed } from './sign.ts';

const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex');
const common = {
  region: 'us-east-1',
  credentials: {
    accessKeyId: 'AKIAIOSFODNN7EXAMPLE',
    secretAccessKey: 'wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY',
  },
  now: new Date('2013-05-24T00:00:00Z'),
};

// Golden values: Amazon S3 API Reference, "Signature Calculations for the Authorization Header: Transferring Payload in a Single Chunk (AWS Signature
// Version 4)", section "Examples: Signature Calculations" (docs.aws.amazon.com/AmazonS3/latest/API/sig-v4-header-based-auth.html): all four of them, with
// the keys, the time and the bucket given there. The same values stand in the tests of several independent implementations.
describe('signatures of the published examples', () => {
  const examples: readonly [string, Parameters<typeof signed>[0], names: string, signature: string][] = [
    [
      'GET of an object with a range',
      {
        ...common,
        method: 'GET',
        url: new URL('https://examplebucket.s3.amazonaws.com/test.txt'),
        headers: { range: 'bytes=0-9' },
        bodySha256: sha256(''),
      },
      'host;range;x-amz-content-sha256;x-amz-date',
      'f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41',
    ],
    [
      'PUT of an object',
      {
        ...common,
        method: 'PUT',
        url: new URL('https://examplebucket.s3.amazonaws.com/test$file.text'),
        headers: { date: 'Fri, 24 May 2013 00:00:00 GMT', 'x-amz-storage-class': 'REDUCED_REDUNDANCY' },
        bodySha256: sha256('Welcome to Amazon S3.'),
      },
      'date;host;x-amz-content-sha256;x-amz-date;x-amz-storage-class',
      '98ad721746da40c64f1a55b78f14c238d841ea1380cd77a1b5971af0ece108bd',
    ],
    [
      'GET of a bucket’s lifecycle: a parameter without a value',
      {
        ...common,
        method: 'GET',
        url: new URL('https://examplebucket.s3.amazonaws.com/?lifecycle'),
        bodySha256: sha256(''),
      },
      'host;x-amz-content-sha256;x-amz-date',
      'fea454ca298b7da1c68078a5d1bdbfbbe0d65c699e0f91ac7a200a0136783543',
    ],
    [
      'GET of a list: parameters in order',
      {
        ...common,
        method: 'GET',
        url: new URL('https://examplebucket.s3.amazonaws.com/?prefix=J&max-keys=2'),
        bodySha256: sha256(''),
      },
      'host;x-amz-content-sha256;x-amz-date',
      '34b48302e7b5fa45bde8084f4b7868a86f0a534bc59db6670ed5711ef69dc6f7',
    ],
  ];

  test.each(examples)('%s', async (_name, request, names, signature) => {
    const { authorization } = await signed(request);
    // The whole header: the signature is of these headers, in this order, and of no others.
    expect(authorization).toBe(
      `AWS4-HMAC-SHA256 Credential=AKIAIOSFODNN7EXAMPLE/20130524/us-east-1/s3/aws4_request, SignedHeaders=${names}, Signature=${signature}`,
    );
  });
});

test('a session’s token is sent and signed', async () => {
  const headers = await signed({
    ...common,
    credentials: { ...common.credentials, sessionToken: 'token' },
    method: 'GET',
    url: new URL('https://b.s3.amazonaws.com/k'),
    bodySha256: sha256(''),
  });
  expect(headers['x-amz-security-token']).toBe('token');
  expect(headers['authorization']).toMatch(/SignedHeaders=[^,]*x-amz-security-token/);
});

test('keys come from the environment; without them store/authentication names the variables', () => {
  expect(credentialsFrom({ AWS_ACCESS_KEY_ID: 'a', AWS_SECRET_ACCESS_KEY: 'b', AWS_SESSION_TOKEN: '' })).toEqual({
    accessKeyId: 'a',
    secretAccessKey: 'b',
  });
  expect(() => credentialsFrom({ AWS_ACCESS_KEY_ID: 'a' })).toThrow(
    expect.objectContaining({
      code: 'store/authentication',
      message: expect.stringContaining('AWS_SECRET_ACCESS_KEY') as string,
    }),
  );
});
