import { expect, test } from 'vitest';
import { parseOptions } from '../../contracts/index.ts';
import { stackText, workbench } from '../../runtime/testing/trial.ts';
import { throughput, throughputSessions } from './throughput.ts';

test('requests per second count every request of a batch and pair with the baseline', async () => {
  const bench = await workbench();
  try {
    const trial = bench.trial(await bench.subject('baseline', stackText(60)), [
      await bench.subject('third', stackText(20)),
    ]);
    const options = parseOptions(throughput.id, throughput.options, {
      batchSize: 16,
      minRounds: 6,
      maxRounds: 6,
      laps: 1,
    });
    const outcomes = await throughput.evaluate(trial, options, bench.context());
    const third = outcomes.get('third')!;
    if (third.kind !== 'measured') throw new Error(third.message);
    const [measurement] = third.measurements;
    expect(measurement).toMatchObject({ metric: 'throughput', unit: 'requests/s' });
    expect(measurement!.versus!.value).toBeGreaterThan(1.2);
    const { sessions, batchSize, metric } = await throughputSessions(trial, options, bench.context());
    expect(batchSize).toBe(16);
    const [round] = sessions[0]!.group.rounds;
    const turn = round!.turns.get('third')!;
    expect(metric.convert!(metric.read(turn))).toBeCloseTo((16 * 1000 * turn.samples.length) / turn.turnMs);
  } finally {
    await bench.remove();
  }
});

test('a version with batches of its own size gets them, and counts by request; a size that is asked for is everybody’s', async () => {
  const bench = await workbench();
  try {
    const text = stackText(20);
    const trial = bench.trial(await bench.subject('baseline', text), [
      await bench.subject('many', text, { batchSize: 12 }),
    ]);
    const quick = { minRounds: 6, maxRounds: 6, laps: 1 };
    const turnsWith = async (more: object) => {
      const options = parseOptions(throughput.id, throughput.options, { ...quick, ...more });
      const { sessions, metric } = await throughputSessions(trial, options, bench.context());
      const turns = sessions[0]!.group.rounds[0]!.turns;
      return { own: turns.get('many')!, other: turns.get('baseline')!, metric };
    };
    const { own, other, metric } = await turnsWith({});
    expect([own.rows, other.rows]).toEqual([12, 1]);
    expect(metric.convert!(metric.read(own))).toBeCloseTo((12 * 1000 * own.samples.length) / own.turnMs);
    expect(metric.convert!(metric.read(other))).toBeCloseTo((1000 * other.samples.length) / other.turnMs);
    // About as many requests in a turn, not as many calls.
    expect(own.samples.length).toBe(Math.max(1, Math.round(other.samples.length / 12)));
    const same = await turnsWith({ batchSize: 4 });
    expect([same.own.rows, same.other.rows]).toEqual([undefined, undefined]);
    expect(same.metric.convert!(same.metric.read(same.own))).toBeCloseTo(
      (4 * 1000 * same.own.samples.length) / same.own.turnMs,
    );
    const outcome = (
      await throughput.evaluate(trial, parseOptions(throughput.id, throughput.options, quick), bench.context())
    ).get('many')!;
    if (outcome.kind !== 'measured') throw new Error(outcome.message);
    // A call of twelve rows costs far less than twelve calls.
    expect(outcome.measurements[0]!.versus!.value).toBeGreaterThan(1.5);
  } finally {
    await bench.remove();
  }
});
