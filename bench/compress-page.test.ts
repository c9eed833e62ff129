import { expect, test } from 'vitest';
import { techniques } from '../src/optimize/index.ts';
import { candidatesFor } from './compress-list.ts';
import { compressPage, verdict, type Seen } from './compress-page.ts';

const exactly = (value: number) => ({ value, low: value, high: value });
const seen = (id: string, accuracy: number, more: Partial<Seen> = {}): Seen => ({
  id,
  sizeBytes: 20e6,
  one: exactly(1.5),
  eight: exactly(2),
  accuracy: exactly(accuracy),
  difference: { low: accuracy - 0.91, high: accuracy - 0.89 },
  error: 0.25,
  minutes: 1.25,
  ...more,
});

test('98 % of an accuracy of 0.9 is 0.882: an interval above passes, below fails, around it is undecided', () => {
  expect(verdict({ low: -0.0179, high: 0 }, 0.9)).toBe('PASS');
  expect(verdict({ low: -0.04, high: -0.0181 }, 0.9)).toBe('FAIL');
  expect(verdict({ low: -0.02, high: -0.01 }, 0.9)).toBe('UNDECIDED');
});

test('a page holds the command, a row a version, what repair gave back, and the mean of the seeds', () => {
  const page = compressPage({
    command: 'npm run bench -- compress',
    machine: 'a machine',
    date: '2026-01-01',
    texts: 100,
    original: { sizeBytes: 40e6, accuracy: exactly(0.9) },
    seen: [
      seen('cut, nothing repaired', 0.3, { cut: ['cut', 'bare'], error: 0.9 }),
      seen('cut', 0.8, { cut: ['cut', 'own'] }),
      seen('student', 0.88, { repeated: 'student' }),
      seen('student, seed 2', 0.86, { repeated: 'student', one: null }),
    ],
    left: [{ id: 'other', reason: 'it refused' }],
    caveats: ['a caveat'],
  });
  expect(page).toContain('npm run bench -- compress');
  expect(page).toMatch(/\| C +\| cut +\| 20\.0 MB \| 2\.0× +\| 1\.50× \[1\.50, 1\.50\] +\| 2\.00×/);
  expect(page).toMatch(/\| cut \| 90\.0 % · 30\.0 % +\| 25\.0 % · 80\.0 % \| – /);
  expect(page).toContain('`student` with 2 seeds: 88.0 %, 86.0 %; 87.0 % on average.');
  expect(page).toContain('not timed');
  expect(page).toContain('- other: it refused');
});

test('every technique that makes a network smaller is on the list', () => {
  const used = new Set(
    candidatesFor({ studentMinutes: 1, recoverMinutes: 1, seeds: 1 }).flatMap(({ steps }) =>
      steps.map(({ technique }) => technique),
    ),
  );
  const families = ['trim/', 'distill/', 'prune/', 'factorize/', 'recover/', 'exit/', 'quantize/aware'];
  const wanted = techniques.map(({ id }) => id).filter((id) => families.some((family) => id.startsWith(family)));
  expect(wanted.filter((id) => !used.has(id))).toEqual([]);
});
