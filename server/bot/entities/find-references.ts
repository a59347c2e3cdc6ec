import type { Finding } from './find-amounts.ts';

/** What an order's or parcel's number stands behind. Which form it has the shop knows; that there is one the word says. */
const cue =
  /(?:(?<order>订单(?:编号|号码|号)?|单号|order(?:\s(?:number|no|id))?)|(?<tracking>(?:快递|物流|运)单?号?码?|tracking(?:\s(?:number|no|id|code))?|parcel(?:\s(?:number|no))?))(?:\s?(?:是|为|is|[:#.：=])){0,3}\s{0,2}#?/gu;
const number = /(?=[a-z-]{0,12}\d)[a-z0-9](?:[a-z0-9-]{4,38})[a-z0-9](?![\w-])/uy;

/** Order and parcel numbers that the words before them announce; other forms are patterns that the shop configures. */
export function findReferences(folded: string): Finding[] {
  const found: Finding[] = [];
  for (const match of folded.matchAll(cue)) {
    number.lastIndex = match.index + match[0].length;
    const read = number.exec(folded);
    if (read === null || (read[0].match(/\d/gu)?.length ?? 0) < 4) continue;
    const [start, end] = [read.index, read.index + read[0].length];
    const type = match.groups?.tracking === undefined ? 'order-number' : 'tracking-number';
    found.push({ type, start, end, value: read[0].toUpperCase() });
  }
  return found;
}
