import { describe, expect, test } from 'vitest';
import golden from './fixtures/golden.json' with { type: 'json' };
import { normalizeAnswer, scoreText } from './squad.ts';

// Values of the formulas of the SQuAD 1.1 and ReCoRD scripts, computed with Python 3, whose \b and white space are Unicode's.
describe('as the SQuAD script', () => {
  test.each(golden.texts)('"$predicted" against $right', ({ predicted, right, normalized, exact, f1 }) => {
    expect(normalizeAnswer(predicted)).toBe(normalized);
    const score = scoreText(predicted, right);
    expect(score.exact).toBe(exact);
    expect(score.f1).toBeCloseTo(f1, 12);
  });
});

test('no answer scores 0, the best right answer counts', () => {
  expect(scoreText(null, ['anything'])).toEqual({ exact: 0, f1: 0 });
  expect(scoreText('Morgan', ['Tracy Morgan', 'Morgan'])).toEqual({ exact: 1, f1: 1 });
  expect(scoreText('Tracy', ['Tracy Morgan', 'Miley Cyrus']).f1).toBeCloseTo(2 / 3, 12);
});

test('two texts of articles only match exactly and share no word', () => {
  expect(scoreText('the', ['a'])).toEqual({ exact: 1, f1: 0 });
});
