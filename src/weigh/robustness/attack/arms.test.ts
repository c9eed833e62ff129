import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { armed, attacksNamed } from './arms.ts';
import { bagGradients, bagTrial, item, rows } from './testing/bag.ts';

const vocabulary = ['good', 'fine', 'bad'];
const weights = { good: 2, fine: 1.8, bad: -2 };
const options = { neighbors: '', cosine: 0.5, flipCosine: -1 };
const items = [item('good')];
const trial = (more = {}) => bagTrial(vocabulary, [{ id: 'baseline', weights }], rows(['good']), more);
const withGradients = { gradients: () => Promise.resolve(bagGradients(vocabulary, weights)) };
const ids = (attacks: readonly { id: string }[]) => attacks.map(({ id }) => id);

test('attacks by name, in the usual order', () => {
  expect(ids(attacksNamed(['pwws', 'deepwordbug']))).toEqual(['deepwordbug', 'pwws']);
  expect(() => attacksNamed(['deepwordbugs'])).toThrow(
    expect.objectContaining({ code: 'usage/option', hint: expect.stringContaining('textfooler') as string }),
  );
  expect(() => attacksNamed([])).toThrow(expect.objectContaining({ code: 'usage/option' }));
});

test('what lacks gradients or neighbors is left out by name, with the reason', async () => {
  const all = attacksNamed(['deepwordbug', 'textfooler', 'hotflip']);
  const nothing = await armed(all, items, trial(), options);
  expect(ids(nothing.attacks)).toEqual(['deepwordbug']);
  expect(nothing.notes.join('\n')).toMatch(
    /textfooler is left out: no file of neighbors.*\nhotflip is left out: nobody gave/s,
  );
  const refusing = trial({ gradients: () => Promise.resolve({ reason: 'the table is int8', nodes: [] }) });
  expect((await armed(all, items, refusing, options)).notes.at(-1)).toBe('hotflip is left out: the table is int8');
});

test('neighbors come from the original’s embeddings, and are labelled so', async () => {
  const arms = await armed(attacksNamed(['textfooler', 'hotflip']), items, trial(withGradients), options);
  expect(ids(arms.attacks)).toEqual(['textfooler', 'hotflip']);
  expect(arms.neighbors('good')).toEqual(['fine']);
  expect(arms.propose).not.toBeNull();
  expect(arms.notes).toEqual([expect.stringContaining('own embeddings, cosine ≥ 0.5')]);
  await arms.close();
});

test('embeddings without neighbors leave the attack out', async () => {
  const far = await armed(attacksNamed(['textfooler']), items, trial(withGradients), { ...options, cosine: 0.99999 });
  expect(far.attacks).toEqual([]);
  expect(far.notes[0]).toContain('no word has a neighbor');
});

test('a file of neighbors is enough, and holds flips too', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'steelyard-arms-'));
  try {
    const neighbors = join(folder, 'n.json');
    await writeFile(neighbors, '{"good": ["okay"]}');
    const arms = await armed(attacksNamed(['pwws']), items, trial(), { ...options, neighbors });
    expect(ids(arms.attacks)).toEqual(['pwws']);
    expect(arms.neighbors('good')).toEqual(['okay']);
    expect(arms.notes).toEqual([]);
    const missing = { ...options, neighbors: join(folder, 'none.json') };
    await expect(armed(attacksNamed(['pwws']), items, trial(), missing)).rejects.toMatchObject({
      code: 'robustness/neighbors',
    });
  } finally {
    await rm(folder, { recursive: true });
  }
});
