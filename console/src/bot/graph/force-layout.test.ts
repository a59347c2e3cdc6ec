import assert from 'node:assert/strict';
import { test } from 'node:test';
import { layOut } from './force-layout.ts';

const ids = Array.from({ length: 40 }, (_, at) => `n${at}`);
const links = ids.slice(1).map((id, at) => ({ from: id, to: `n${Math.floor(at / 3)}` }));

test('nodes lie apart, joined ones nearer than others, and the same graph the same', () => {
  const placed = layOut(ids, links);
  const at = new Map(placed.map((place) => [place.id, place]));
  const far = (a: string, b: string) =>
    Math.hypot((at.get(a)?.x ?? 0) - (at.get(b)?.x ?? 0), (at.get(a)?.y ?? 0) - (at.get(b)?.y ?? 0));
  const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;
  const all = ids.flatMap((a, place) => ids.slice(place + 1).map((b) => far(a, b)));
  assert.ok(Math.min(...all) > 20, `the nearest are ${Math.min(...all)} apart`);
  assert.ok(mean(links.map(({ from, to }) => far(from, to))) < mean(all) / 2);
  assert.deepEqual(layOut(ids, links), placed);
});

test('what is joined with nothing known, or alone, or nothing at all does no harm', () => {
  const [far] = layOut(['n0', 'n1'], [{ from: 'n0', to: 'gone' }]);
  assert.ok(far !== undefined && Math.hypot(far.x, far.y) < 1_000);
  assert.deepEqual(layOut([], []), []);
});
