/** Says nothing of what is refused. */
const fillers =
  "(?:a|an|the|any|my|your|our|this|that|it|to|for|you|me|us|be|get|have|make|do|go|please|just|anymore|more|another|i|i'd|really)";
const dont = "(?:do not|don'?t|does not|doesn'?t|did not|didn'?t|never)";
/** "I do not want a …", "don't need to …"; "please don't …"; "…, not a …". */
const english = new RegExp(
  [
    `\\b(?:${dont}|no longer|not)(?: really| actually)? (?:want(?:ed|ing)?|need|wish|ask(?:ed)?|mean)`,
    `(?:^|[.,;:!?]|\\b(?:please|pls|but|and|so|just|then)) ?(?:do not|don'?t|never)(?! (?:want|need|wish|know|see|have|understand|think|get|remember|like|care|find|believe|receive))`,
    '\\bnot(?= (?:a|an|the) )',
  ]
    .map((cue) => `(?:${cue})(?: ${fillers}\\b)* ([a-z][a-z']+)`)
    .join('|'),
  'gu',
);
/** 要不要 asks, 特别 is an adverb, 别的 is another. */
const chinese =
  /(?:(?<![要想用])不(?:是?要|是?想|用|需要|必|打算)|(?:先|暂|暂时)不|无需|请勿|(?<![特分区级个性类识离告辨差])别(?![人的处家名墅致扭]))(?:这个?|那个?|再|给|帮|我|你|你们|把|去|进行|申请|办理|想|要|先|了)*([\p{Script=Han}--[了吧啊呀的]]{1,2})/gv;

/**
 * What a text says that the customer does not want, in Chinese and English: the first word behind each refusal ("I do NOT want
 * a refund": refund; 不要取消订单: 取消). What does not work or did not come is no refusal.
 */
export function refusedWords(text: string): readonly string[] {
  const folded = text.normalize('NFKC').toLowerCase().replaceAll('’', "'").replace(/\s+/g, ' ');
  return [...folded.matchAll(english), ...folded.matchAll(chinese)].flatMap(
    (found) => found.slice(1).find((word) => word !== undefined) ?? [],
  );
}

/**
 * Whether a text refuses what utterances ask for: a word that it refuses stands in one of them, and none of them refuses it.
 * @param utterancesOf gives them; it is asked only where something is refused, which is seldom
 */
export function refusesWhatTheyAsk(text: string, utterancesOf: () => readonly string[]): boolean {
  const refused = refusedWords(text);
  if (refused.length === 0) return false;
  const utterances = utterancesOf();
  return refused.some((word) => {
    const isIn = isWordIn(word);
    const asking = utterances.filter((utterance) => isIn(utterance.toLowerCase()));
    return asking.length > 0 && !asking.some((utterance) => refusedWords(utterance).includes(word));
  });
}

/** A Latin word also with another end: refund, refunded. */
function isWordIn(word: string): (text: string) => boolean {
  if (!/^[a-z]/.test(word)) return (text) => text.includes(word);
  const pattern = new RegExp(`\\b${word}`, 'u');
  return (text) => pattern.test(text);
}
