import { describe, expect, test } from 'vitest';
import { chiSquaredCdf, seeded } from '../../statistics/index.ts';
import { normalizedHarm, spreadOver } from './harm.ts';

describe('normalized harm', () => {
  test('by hand: 6 of 10 losses in a fifth of the rows are three times the whole', () => {
    const found = normalizedHarm({ lost: 6, rows: 200 }, { lost: 10, rows: 1000 }, 0.95)!;
    expect(found.value).toBeCloseTo(3, 12);
    // Wilson for 6 of 10: 0.3127, 0.8318.
    expect(found.low).toBeCloseTo(0.3127 / 0.2, 2);
    expect(found.high).toBeCloseTo(0.8318 / 0.2, 2);
  });
  test('the whole against itself is 1; nobody lost in the group is 0; nobody lost at all is no number', () => {
    expect(normalizedHarm({ lost: 4, rows: 50 }, { lost: 4, rows: 50 }, 0.95)).toMatchObject({ value: 1, high: 1 });
    expect(normalizedHarm({ lost: 0, rows: 50 }, { lost: 4, rows: 100 }, 0.95)).toMatchObject({ value: 0, low: 0 });
    expect(normalizedHarm({ lost: 0, rows: 50 }, { lost: 0, rows: 100 }, 0.95)).toBeNull();
  });
});

describe('are changes spread over groups as chance would?', () => {
  const setting = { confidence: 0.95, shuffles: 4000 };
  const table = (...cells: readonly (readonly [marked: number, rows: number])[]) => {
    const of: number[] = [];
    const marked: number[] = [];
    for (const [group, [marks, rows]] of cells.entries())
      for (let row = 0; row < rows; row++) {
        of.push(group);
        marked.push(row < marks ? 1 : 0);
      }
    return [Int32Array.from(of), Uint8Array.from(marked), cells.length] as const;
  };

  test('agrees with χ² where that is good: 30/100, 45/100, 50/150', () => {
    // Pearson's χ² of the table, 2 degrees of freedom.
    const cells = [
      [30, 100],
      [45, 100],
      [50, 150],
    ] as const;
    const share = 125 / 350;
    const chi = cells.reduce(
      (sum, [marks, rows]) =>
        sum +
        (marks - rows * share) ** 2 / (rows * share) +
        (rows - marks - rows * (1 - share)) ** 2 / (rows * (1 - share)),
      0,
    );
    const found = spreadOver(...table(...cells), { ...setting, random: seeded(1, 'spread') })!;
    expect(Math.abs(found.p - (1 - chiSquaredCdf(chi, 2)))).toBeLessThan(0.02);
    expect(found.low).toBeLessThan(found.p);
    expect(found.high).toBeGreaterThan(found.p);
  });

  test('agrees with the exact hypergeometric chance: all 3 marks in a group of 5 out of 20', () => {
    // C(5,3) / C(20,3) = 10 / 1140; the other group holding all three is likelier: not as extreme.
    const found = spreadOver(...table([3, 5], [0, 15]), { ...setting, shuffles: 40_000, random: seeded(2, 'spread') })!;
    expect(Math.abs(found.p - 10 / 1140)).toBeLessThan(0.0016);
  });

  test('most rows marked gives what marking the others gives', () => {
    const [of, marked, groups] = table([90, 100], [99, 100]);
    const others = marked.map((one) => 1 - one);
    expect(spreadOver(of, marked, groups, { ...setting, random: seeded(4, 'spread') })).toEqual(
      spreadOver(of, others, groups, { ...setting, random: seeded(4, 'spread') }),
    );
  });

  test('false alarms: at most 5 % of 300 tables without any relation have p ≤ 0.05', () => {
    const random = seeded(5, 'null');
    const of = Int32Array.from({ length: 300 }, (_, row) => row % 3);
    let alarms = 0;
    for (let run = 0; run < 300; run++) {
      const marked = Uint8Array.from(of, () => (random.next() < 0.04 ? 1 : 0));
      const found = spreadOver(of, marked, 3, { random, confidence: 0.95, shuffles: 99 });
      if (found !== null && found.p <= 0.05) alarms++;
    }
    expect(alarms).toBeLessThan(15 + 3 * Math.sqrt(300 * 0.05 * 0.95));
  });

  test('nothing to test: one group, no mark, only marks; rows without a group do not take part', () => {
    const random = seeded(6, 'spread');
    expect(spreadOver(...table([3, 10]), { ...setting, random })).toBeNull();
    expect(spreadOver(...table([0, 10], [0, 10]), { ...setting, random })).toBeNull();
    expect(spreadOver(...table([10, 10], [10, 10]), { ...setting, random })).toBeNull();
    expect(spreadOver(Int32Array.from([-1, 0, 1]), Uint8Array.from([1, 0, 0]), 2, { ...setting, random })).toBeNull();
  });
});
