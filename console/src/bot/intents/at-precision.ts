import type { Evaluation } from './model-queries.ts';

/** From which confidence on at least this share of the answers is right, and how much is answered there; undefined: nowhere. */
export function atPrecision(curve: Evaluation['curve'], precision: number): Evaluation['curve'][number] | undefined {
  return curve.find((point) => point.precision !== null && point.precision >= precision);
}
