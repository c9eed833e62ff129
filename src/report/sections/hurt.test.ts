import { describe, expect, test } from 'vitest';
import type { Measurement } from '../../contracts/index.ts';
import { groupRecord, hurting, sparing, type GroupShape } from '../testing/groups.ts';
import { fixture } from '../testing/fixture.ts';
import { ids } from '../testing/fixture-measures.ts';
import { hurtGroups, notReported, whoIsHurt, type GroupFacts } from './hurt.ts';

const factsOf = (shapes: readonly GroupShape[]): GroupFacts => {
  const { outcomes } = groupRecord(shapes, fixture('chosen'));
  const of = (id: string): readonly Measurement[] => {
    const outcome = outcomes[id];
    return outcome?.kind === 'measured' ? outcome.measurements : [];
  };
  return { version: of(ids.both), original: of('baseline'), accuracy: 'group-accuracy', confidence: 0.95 };
};

describe('who is hurt, in sentences', () => {
  test('the gravest first', () => {
    expect(whoIsHurt(factsOf(hurting))).toEqual([
      expect.stringMatching(
        /^Measurably worse off than with the original \(at 95 % confidence for all 6 groups at once\): style × language = learner × de \(−15 points \[.*\]\), style = learner \(−12 points \[.*\]\) and language = de \(−4 points \[.*\]\)\. No group loses more than 22\.4 points \(at 95 % confidence\)\.$/,
      ),
      expect.stringMatching(
        /^Served worst is style = learner: 77.6 % \[.*\] right, with the original 89\.5 % \[.*\]; the worst against the worst: −12 points/,
      ),
      expect.stringMatching(
        /^Right answers were lost more often than in all data among style × language = learner × de \(6 times \[.*\]\), style = learner \(4\.6 times/,
      ),
      expect.stringMatching(/^The gap between the groups of style grew to 17\.8 points \(\+12 points/),
      'Lost answers fall on some groups more than chance would have it: by style (p < 0.001).',
      'Changed answers are spread over the groups as chance would spread them: by style (p = 0.41).',
    ]);
  });

  test('nobody: how much could still be', () => {
    const [first, ...rest] = whoIsHurt(factsOf(sparing));
    expect(first).toBe(
      'No group is measurably worse off than with the original. No group loses more than 7.0 points (at 95 % confidence).',
    );
    expect(rest.some((sentence) => sentence.startsWith('Right answers were lost more often'))).toBe(false);
    expect(hurtGroups(factsOf(sparing))).toEqual([]);
  });

  test('another group is served worst now', () => {
    const turned = hurting.map((one) => (one.slice === 'language=de' ? { ...one, lost: 120, won: 0 } : one));
    expect(whoIsHurt(factsOf(turned))[1]).toMatch(
      /^Served worst is now language = de: .*; with the original it was style = learner/,
    );
  });

  test('several columns are several looks', () => {
    const facts = factsOf(hurting);
    const test = facts.version.find(({ metric }) => metric === 'harm-by-group')!;
    const two = {
      ...facts,
      version: [
        ...facts.version.filter((one) => one !== test),
        { ...test, value: 0.03 },
        { ...test, value: 0.9, slice: 'groups=language' },
      ],
    };
    expect(whoIsHurt(two)).toContain(
      'Lost answers are spread over the groups as chance would spread them: by style (p = 0.03) and language (p = 0.90).',
    );
  });

  test('nothing by group, nothing to say', () => {
    expect(whoIsHurt({ version: [], original: [], accuracy: 'accuracy', confidence: 0.95 })).toEqual([]);
    expect(notReported([])).toBeNull();
  });
});
