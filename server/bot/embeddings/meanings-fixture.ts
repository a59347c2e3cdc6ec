import { seeded } from '../../base/seeded.ts';
import type { EmbeddingId } from './embedding-id.ts';

/** What the shop's utterances are about, and words for it that none of them has. */
const meanings = [
  /refund|money back|退款|把钱退|reimburse|回款/i,
  /parcel|package|delivery|快递|包裹|物流|consignment|shipment/i,
  /open|几点|营业|开门|doors/i,
  /address|地址|relocat/i,
];
export const meaningDimensions = 16;

export const meaningId: EmbeddingId = { kind: 'server', model: 'meanings', prefix: '' };

/** As a model of sentences has them: all in one corner, near where the meaning is the same, and no two texts alike. Length 1. */
export function meaningOf(text: string): Float32Array {
  const random = seeded([...text].reduce((sum, sign) => (sum * 31 + (sign.codePointAt(0) ?? 0)) % 65_521, 7));
  const vector = Float32Array.from({ length: meaningDimensions }, (_, at) => {
    const meant = meanings[at]?.test(text) === true ? 3 : 0;
    return 2 + meant + 0.5 * (random() - 0.5);
  });
  const size = Math.hypot(...vector);
  return vector.map((value) => value / size);
}
