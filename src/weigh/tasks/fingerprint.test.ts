import { expect, test } from 'vitest';
import { fingerprintOf } from './fingerprint.ts';

test('is sha256 over the parts as JSON', () => {
  // printf '["a",1,null]' | sha256sum
  expect(fingerprintOf(['a', 1, null])).toBe('0ae764bffd3a17b6454c8d9ebf712311d9b92efce67a4e4ea4f095fc05ed0122');
  expect(fingerprintOf(['a', 1])).not.toBe(fingerprintOf(['a', '1']));
});
