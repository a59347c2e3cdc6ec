import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { createRowKernels } from './row-kernels.ts';

const rows = 20;
/** Where things lie in the memory, in floats. */
const at = { indices: 0, values: 64, out: 128, blame: 256, weights: 512 };

const some = fc.double({ min: -2, max: 2, noNaN: true });
const drawn = fc.record({
  eights: fc.integer({ min: 1, max: 5 }),
  weights: fc.array(some, { minLength: rows * 40, maxLength: rows * 40 }),
  vector: fc.array(some, { minLength: 40, maxLength: 40 }),
  entries: fc.uniqueArray(fc.tuple(fc.nat(rows - 1), some), { selector: ([index]) => index, maxLength: rows }),
  step: some,
});

test('the kernels compute what plain loops compute, for any number of rows, none among them', () => {
  fc.assert(
    fc.property(drawn, ({ eights, weights, vector, entries, step }) => {
      const width = eights * 8;
      const kernels = createRowKernels((at.weights + rows * width) * 4);
      const floats = new Float32Array(kernels.memory.buffer);
      const plain = Float32Array.from(weights.slice(0, rows * width));
      const out = Float32Array.from(vector.slice(0, width));
      new Int32Array(kernels.memory.buffer).set(entries.map(([index]) => index));
      floats.set(
        entries.map(([, value]) => value),
        at.values,
      );
      floats.set(out, at.out);
      floats.set(plain, at.weights);
      const places = [
        at.indices * 4,
        at.values * 4,
        (at.indices + entries.length) * 4,
        at.weights * 4,
        width * 4,
      ] as const;
      const near = (found: Float32Array, wanted: Float32Array) =>
        assert.ok(
          wanted.every((value, i) => Math.abs((found[i] as number) - value) < 1e-3),
          `${found} ${wanted}`,
        );

      kernels.addRows(...places, at.out * 4);
      for (const [index, value] of entries)
        for (let c = 0; c < width; c++) out[c] = (out[c] as number) + value * (plain[index * width + c] as number);
      near(floats.subarray(at.out, at.out + width), out);

      const blame = new Float32Array(rows);
      const descend = (index: number, value: number) => {
        for (let c = 0; c < width; c++) {
          const place = index * width + c;
          blame[index] = (blame[index] as number) + (plain[place] as number) * (out[c] as number);
          plain[place] = (plain[place] as number) - step * value * (out[c] as number);
        }
      };
      floats.set(out, at.out);
      for (const [index, value] of entries) descend(index, value);
      blame.fill(0);
      kernels.descendRows(...places, at.out * 4, step);
      floats.subarray(at.weights, at.weights + rows * width).set(plain);
      for (const [index, value] of entries) descend(index, value);
      kernels.blameRows(...places, at.out * 4, step, at.blame * 4);
      near(
        floats.subarray(at.blame, at.blame + rows),
        blame.map((value) => value),
      );
      near(floats.subarray(at.weights, at.weights + rows * width), plain);
    }),
    { numRuns: 50, seed: 2 },
  );
});
