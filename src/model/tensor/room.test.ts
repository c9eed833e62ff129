import { expect, test } from 'vitest';
import { createRoom, withoutRoom } from './room.ts';

test('the same memory serves every call that it suffices for', () => {
  const room = createRoom();
  const first = room.take(100);
  const second = room.take(40);
  expect(second.length).toBe(40);
  expect(second.buffer).toBe(first.buffer);
  expect(room.take(101).buffer).not.toBe(first.buffer);
});

test('says whether an array lies in it', () => {
  const room = createRoom();
  const bytes = room.take(16);
  expect(room.holds(new Int8Array(bytes.buffer, 4, 8))).toBe(true);
  expect(room.holds(bytes.slice())).toBe(false);
});

test('a tensor leaves the room with a copy; one that never lay in it stays as it is', () => {
  const room = createRoom();
  const inRoom = { dtype: 'uint8', dims: [2], data: { kind: 'inline', bytes: room.take(2) } } as const;
  inRoom.data.bytes.set([3, 4]);
  const own = withoutRoom(inRoom, room);
  room.take(2).fill(9);
  expect(own.data).toEqual({ kind: 'inline', bytes: Uint8Array.of(3, 4) });
  expect(withoutRoom(own, room)).toBe(own);
});
