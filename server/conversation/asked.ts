/** Sentences of a text longer than this are no sentences that anybody reads: they are cut. */
const maxSentence = 240;

/** Words by which a question or a request is known where no question mark stands. */
const asking =
  /(?:吗|呢|么|麼|嘛)[\s。.!！~～]*$|什么|什麼|怎么|怎麼|怎样|如何|为什么|為什麼|为何|多少|多久|哪|几点|几天|谁|能不能|能否|可不可以|可以.*[吗么]|是否|是不是|有没有|有沒有|请问|請問|请帮|麻烦|麻煩|帮我|帮忙|我要|我想|想要|需要|退款|退货|取消|投诉/u;
const askingEnglish =
  /^(?:(?:hi|hello|hey|so|and|but|ok|okay|also|please)[\s,]+)*(?:what|how|when|where|why|who|which|whose|can|could|do|does|did|is|are|am|was|were|will|would|should|may|have|has|any|please)\b|\b(?:i (?:want|need|would like|wish|cannot|can't|can’t)|i'd like|i’d like|please|how (?:do|can|long|much|many)|let me know|tell me|help me)\b/i;

/** A text in its sentences, trimmed, without what has no letter or digit in it. Numbers with a point stay whole. */
export function sentencesOf(text: string): string[] {
  return text
    .slice(0, 4_000)
    .split(/(?<=[.!?…])(?=\s)|(?<=[。！？；])|[\n\r]+/u)
    .map((part) => part.trim())
    .filter((part) => /[\p{L}\p{N}]/u.test(part))
    .map((part) => cut(part, maxSentence));
}

/** What a customer's text asks or asks for, in its own words: the sentences that do, at most three. */
export function askedIn(text: string): string[] {
  return sentencesOf(text).filter(isAsking).slice(0, 3);
}

function isAsking(sentence: string): boolean {
  return /[?？]["'”’)）]*$/u.test(sentence) || asking.test(sentence) || askingEnglish.test(sentence);
}

/** At most so many characters, cut where no character is parted. */
export function cut(text: string, max: number): string {
  if (text.length <= max) return text;
  return `${text.slice(0, max - 1).replace(/[\uD800-\uDBFF]$/, '')}…`;
}
