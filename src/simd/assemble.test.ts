import { expect, test } from 'vitest';
import { assemble, i32, routine } from './assemble.ts';
import * as w from './code.ts';
import { instantiate, type Memory } from './instantiate.ts';

interface Exports {
  readonly memory: Memory;
  readonly work: (count: number) => void;
}

test('a loop, a variable of the module, a call, numbers of several bytes, and bytes out of lanes', () => {
  const addOne = routine('one', [i32], [], ([by]) => w.setGlobal(0, w.add(w.getGlobal(0), w.fromInt(w.get(by)))));
  const work = routine('work', [i32], [i32], ([count, at]) =>
    w.all(
      w.set(at, w.int(0)),
      w.repeatWhile(w.below(w.get(at), w.get(count)), w.call(0, w.int(300)), w.set(at, w.intAdd(w.get(at), w.int(1)))),
      w.store(w.int(16), w.getGlobal(0)),
      w.storeByte(w.int(4000), w.lane(w.toInts(w.sub(w.getGlobal(0), w.floats(1400))), 2)),
    ),
  );
  const made = instantiate<Exports>(assemble([addOne, work], 1, 1));
  made.work(5);
  expect([...new Float32Array(made.memory.buffer, 16, 4)]).toEqual([1500, 1500, 1500, 1500]);
  expect(new Uint8Array(made.memory.buffer)[4000]).toBe(100);
});
