import { expect, test } from 'vitest';
import { edit, parseText } from '../index.ts';
import { cannotRaise, onRaised, raised } from './index.ts';

const old = parseText('opset 9\ny = Relu(x)');
const stuck = parseText('opset 9\ny, m = Dropout(x)');

test('a model that is new enough comes back as it is', () => {
  const model = parseText('opset 21\ny = Relu(x)');
  expect(raised(model, 13)).toEqual({ model, changes: [] });
  expect(cannotRaise(model, 13)).toBeNull();
});

test('an older one is raised, or refused with a reason', () => {
  const result = raised(old, 13);
  if ('reason' in result) throw new Error(result.reason);
  expect(result.model.opsets.get('')).toBe(13);
  expect(cannotRaise(old, 13)).toBeNull();
  expect(cannotRaise(stuck, 13)?.reason).toContain('mask');
  expect(raised(stuck, 13)).toEqual(cannotRaise(stuck, 13));
});

test('work on a raised model reports both', async () => {
  const result = await onRaised(old, 13, (model) => {
    const draft = edit(model);
    draft.replace(draft.nodes()[0]!, [{ op: 'Abs', inputs: ['x'], outputs: ['y'] }], 'Abs instead');
    return draft.done();
  });
  expect(result.changes.map(({ what }) => what)).toEqual(['opset 9 raised to 13', 'Abs instead']);
  expect(result.model.opsets.get('')).toBe(13);
});

test('work that changes nothing leaves the model at its version', async () => {
  const result = await onRaised(old, 13, (model) => {
    const draft = edit(model);
    draft.skip(draft.nodes()[0]!, 'not today');
    return draft.done();
  });
  expect(result).toEqual({ model: old, changes: [], skipped: [{ reason: 'not today', nodes: ['y'] }] });
});

test('out of reach: the reason is in what was skipped, and the work is not done', async () => {
  const result = await onRaised(stuck, 13, () => {
    throw new Error('not called');
  });
  expect(result).toEqual({ model: stuck, changes: [], skipped: [cannotRaise(stuck, 13)] });
});
