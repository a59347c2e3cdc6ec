import { foldTerm } from '../read-text.ts';

const cancelling = [
  'cancel|cancel it|cancel this|stop|quit|exit|never ?mind|forget it|forget about it|leave it|no longer needed|i changed my mind',
  '取消|算了|不用了|不要了|不弄了|不办了|没事了|不需要了|不想弄了|停止|退出|放弃',
].join('|');
const politeness = String.raw`[\s,.!?，。！？~]|please|thanks|thank you|ok|okay|so|well|then|just|oh|吧|了|啊|呀|哦|那|就|还是|谢谢|我`;
const cancel = new RegExp(`^(?:${politeness})*(?:${cancelling})(?:${politeness})*$`, 'u');

/** The customer wants no more of it. Only a text that says nothing else: "cancel my order" may be what the form is about. */
export function isCancelling(text: string, words: readonly string[] = []): boolean {
  const folded = foldTerm(text).slice(0, 80);
  return cancel.test(folded) || words.some((word) => foldTerm(word) === folded.replace(/[\s.!。！]+$/u, ''));
}

const correcting = [
  '^(?:no|not|nope|nah|sorry|wait|actually|oops|wrong)(?![a-z])',
  '(?<![a-z])(?:i meant?|i said|should be|instead|rather|correction|change (?:it|that) to|make (?:it|that)|the other|another|wrong|not the|not on)(?![a-z])',
  '不是|不对|错了|说错|搞错|弄错|打错|我说的是|我是说|我的意思|应该是|改成|改为|改到|换成|换个|另一|另外|别的那',
].join('|');
const correction = new RegExp(correcting, 'u');
const other = /(?<![a-z])(?:the other|another|different)(?![a-z])|另一|另外|别的|其他/u;
const negated = /(?:(?<![a-z])(?:not|isn't|no longer)(?: (?:on|at|the|for))?|不是|不要|别)\s?$/u;

/** The customer takes back what was said. */
export const isCorrecting = (folded: string): boolean => correction.test(folded);
/** The customer means the one that was not taken. */
export const isTheOther = (folded: string): boolean => other.test(folded);
/** What stands after this is what the customer does not mean: "not Tuesday", 不是周二. */
export const endsWithNot = (folded: string): boolean => negated.test(folded.slice(-20));

/** With what they are not the beginning of: 对不起, 好像, 行李, 要不要, 是不是. */
const yes =
  /^(?:(?:yes|yeah|yep|yup|sure|ok|okay|correct|right|exactly|of course|no (?:problem|worries))(?![a-z])|是(?!不是|否|谁|什么|哪)|对(?![不于方比])|好(?![像几多久坏不])|可以(?![吗么不])|行(?![李程吗么不])|嗯|没错|没问题|不错|确认|要(?![不是么求]))/u;
const no =
  /^(?:(?:no(?! idea)|not(?! sure)|nope|nah|(?:don't|do not)(?! know)|never)(?![a-z])|不(?!错|好意思|客气|知道|清楚|确定)|否|没有|别(?!的))/u;

/** @returns undefined where it is neither */
export function yesOrNo(text: string): 'yes' | 'no' | undefined {
  const folded = foldTerm(text);
  if (yes.test(folded)) return 'yes';
  return no.test(folded) ? 'no' : undefined;
}
