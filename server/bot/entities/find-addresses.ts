import type { Finding } from './find-amounts.ts';

/** The parts have a stated length and begin where nothing of their kind stands before, so that time stays linear. */
const email = /(?<![\w.+%-])[a-z0-9](?:[\w.+%-]{0,62}[\w+%-])?@(?:[a-z0-9-]{1,63}\.){1,6}[a-z]{2,24}(?![\w-])/gu;
const url = /(?<![a-z0-9@.])(?:https?:\/\/|www\.)[^\s<>"'`，。；！？、（）【】《》“”]{2,2000}/gu;
const chineseMobile = /(?<![\w.-])(?:(?:\+|00)?86[- ]?)?(?<number>1[3-9]\d[- ]?\d{4}[- ]?\d{4})(?![\w]|-\d)/gu;
const chineseLandline =
  /(?<![\w.-])(?<number>(?:\(0\d{2,3}\) ?|0\d{2,3}[- ])\d{7,8}|400[- ]?\d{3}[- ]?\d{4})(?![\w]|-\d)/gu;
const international = /(?<![\w.])(?:\+|00(?=[1-9]))(?<number>[1-9]\d{0,2}(?:[- .]?\(?\d{1,4}\)?){2,6})(?![\w])/gu;
const northAmerican = /(?<![\w.-])(?<number>(?:\([2-9]\d{2}\) ?|[2-9]\d{2}[-.])\d{3}[-.]\d{4})(?![\w]|-\d)/gu;

/** E-mail addresses, links and phone numbers; a Chinese mobile number is written as +86…, any with its country as +…. */
export function findAddresses(folded: string): Finding[] {
  const found: Finding[] = [];
  for (const match of folded.matchAll(email)) {
    found.push({ type: 'email', start: match.index, end: match.index + match[0].length, value: match[0] });
  }
  for (const match of folded.matchAll(url)) {
    const text = match[0].replace(/\p{Script=Han}.*$/su, '').replace(/[.,;:!?)\]}]{1,20}$/u, '');
    if (text.length < 6) continue;
    found.push({ type: 'url', start: match.index, end: match.index + text.length, value: text });
  }
  for (const [pattern, prefix] of [
    [chineseMobile, '+86'],
    [international, '+'],
    [chineseLandline, ''],
    [northAmerican, ''],
  ] as const) {
    for (const match of folded.matchAll(pattern)) {
      const number = (match.groups?.number ?? '').replace(/\D/gu, '');
      if (prefix === '+' && (number.length < 8 || number.length > 15)) continue;
      found.push({ type: 'phone', start: match.index, end: match.index + match[0].length, value: prefix + number });
    }
  }
  return found;
}
