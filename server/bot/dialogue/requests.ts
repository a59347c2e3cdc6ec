/** What a customer asks of the bot itself, rather than of the company. */
export type Request = 'human' | 'stop' | 'greeting' | 'thanks';

/** Goods and costs that have these words in them are no persons: 人工草坪, 真人实拍. */
const person =
  '(?:人工(?!费|智能|成本|制|合成|呼吸|草|皮|革|钻|宝石|湖|岛|林|养|培|种|耳蜗|关节|晶|色素|香精|牛黄|多少|价)' +
  '|真人(?!实拍|秀|照|试|图|模特|发|版|拍|cs)|活人)(?:客服|服务|坐席)?';
const superior = '(?:经理|主管|老板|领导|负责人|上级)';
const humanChinese = new RegExp(
  [
    person,
    '(?:转|找|叫|换|联系|接)(?:个|一下|一个|位|一位|你们)?(?:客服|坐席|专员|人来|人处理)',
    '^客服(?:在吗|在么|在不在|呢|人呢)?[!！。?？~～]*$',
    '^人呢[!！。?？~～]*$',
    `(?:转|找|叫|换|让|要|喊|请)(?:一下|你们|你|的|个)*${superior}`,
    '(?:想|要|能|可以|让我)(?:直接)?[和跟]人(?:说|聊|讲)',
    '给我换个人|换个人(?:[和跟]我|来)',
    '(?:让|派|叫|找)(?:个|一个)?人(?:来|处理|联系我|[和跟]我)|(?:想|要)找人[!！。?？~～]*$',
    '(?:能|可以|没有|不能|给我|赶紧|快)来个?人(?:[!！。?？~～吧啊呀吗]|$)',
    '(?:不要|不想|别)(?:再|要|用|拿|是|让|派|给我|[和跟])*机器人(?!玩具)',
  ].join('|'),
  'u',
);
const toWhom =
  'human(?: being)?s?|(?:real |live |actual |another )?(?:person|people)|(?:live |real |human )?(?:agent|support)|representative|rep|operator|' +
  'customer (?:service|support|care)|someone|somebody|anyone|anybody|manager|supervisor|boss|staff|live chat';
const plainly =
  'human(?: being| agent)?|real person|actual person|live (?:agent|person|chat)|representative|(?:some|any)(?:body|one) real';
const rest = String.raw`(?:\s*(?:please|pls|now|here|instead|today))*\s*(?:[!.?,;]|$)`;
const humanEnglish = new RegExp(
  [
    String.raw`\b(?:talk|speak|chat|connect me|transfer me|put me|pass me|hand me)\b[^.!?]{0,30}?\b(?:${toWhom})\b`,
    String.raw`\b(?:get|give|need|want|see|have|reach)\b[^.!?]{0,30}?\b(?:${plainly})\b(?! hair| body| error| rights| resources)`,
    String.raw`\b(?:get|give|need|want|have|reach)(?: me| to have| to get)?(?: an?| the| your| some)? (?:${toWhom})${rest}`,
    String.raw`^(?:\S+ ){0,2}(?:human|live agent|real person|operator|representative)s?${rest}`,
    `^(?:agent|live chat|(?:customer|human) (?:service|support|care))${rest}`,
    String.raw`\bescalate\b|\btransfer me${rest}`,
    String.raw`\b(?:anybody|anyone|somebody|someone) real\b`,
    String.raw`\b(?:can|could|will) (?:a |any )?(?:real )?(?:person|human|someone|somebody) (?:please )?(?:call|contact|phone) me`,
    String.raw`\b(?:can|could) an? (?:real )?(?:person|human) (?:please )?(?:help|assist|answer)\b`,
    String.raw`\bhave (?:someone|somebody) (?:call|contact|phone)\b`,
    String.raw`(?:\bnot|n't|\bdont|\bstop|\bno more|\bhate)\b[^.!?]{0,20}\b(?:talk|speak|chat)(?:ing)?\b[^.!?]{0,12}\b(?:bot|robot|machine|computer)s?\b`,
    String.raw`^no (?:more )?(?:ro)?bots?\b|\bnot a (?:bot|robot|machine)\b`,
  ].join('|'),
  'u',
);
/** "Why don't you …" asks for one. */
const refusesHuman = new RegExp(
  [
    '(?:不要|不用|别|不需要|无需|先不|不是要|不是想|不是找)(?:转|找|接|叫|换)?(?:个|到|一下)?(?:人工|真人|客服)',
    String.raw`(?<!\bwhy )\b(?:do not|don'?t|never|no need to|rather not) (?:(?:want|need|wish|like|have|please|to) )*` +
      String.raw`(?:(?:talk|speak|chat|be|get|give|transfer|connect|pass|hand|put)\b[^.!?,;]{0,20})?` +
      String.raw`(?:\ban? |\bany |\bthe )?\b(?:human|agent|person|representative|operator)\b`,
    String.raw`\bwithout\b[^.!?,;]{0,20}\b(?:human|agent|person|representative|operator)\b`,
  ].join('|'),
  'u',
);
const wholly: Readonly<Record<Exclude<Request, 'human'>, RegExp>> = {
  stop: /^(取消|退出|算了|停止|不用了|结束|停|没事了|stop|cancel|quit|exit|never ?mind|forget it|no thanks|abort)$/iu,
  greeting:
    /^(你好|您好|在吗|在么|在不在|有人吗|有没有人啊?|哈[喽啰]|嗨|早上好|上午好|中午好|下午好|晚上好|你好呀|你好啊|hi|hello|hey|hi there|hello there|good (?:morning|afternoon|evening)|anybody there|anyone there)+$/iu,
  thanks:
    /^(谢谢|多谢|感谢|谢谢你|谢谢您|谢了|好的?谢谢|非常感谢|明白了谢谢|thanks?|thank you|thx|ty|thanks a lot|thank you (?:so|very) much|many thanks|ok thanks?|great thanks?)+$/iu,
};

/**
 * What the text plainly asks of the bot: a person, an end of what it is asking, a greeting, thanks.
 *
 * @param more words of the administrator's own, each of which asks for a person, or for an end
 */
export function requestIn(
  text: string,
  more: { readonly human: readonly string[]; readonly stop: readonly string[] } = { human: [], stop: [] },
): Request | null {
  const plain = text
    .normalize('NFKC')
    .toLowerCase()
    .replaceAll('’', "'")
    // 转 人 工
    .replace(/(?<=\p{Script=Han})\s+(?=\p{Script=Han})/gu, '')
    .replace(/\s+/g, ' ')
    .trim();
  if (!refusesHuman.test(plain)) {
    const isAsked = humanChinese.test(plain) || humanEnglish.test(plain);
    if (isAsked || more.human.some((word) => hasWord(plain, word))) return 'human';
  }
  const bare = plain.replace(/[\s!.?,~。，！？～、]+/gu, /[a-z]/.test(plain) ? ' ' : '').trim();
  if (wholly.stop.test(bare) || more.stop.some((word) => folded(word) === bare)) return 'stop';
  if (wholly.greeting.test(bare)) return 'greeting';
  return wholly.thanks.test(bare) ? 'thanks' : null;
}

/** Whether a text has the word: signs anywhere, Latin letters as a whole word. */
export function hasWord(text: string, word: string): boolean {
  const wanted = folded(word);
  if (wanted === '') return false;
  const within = folded(text);
  for (let at = within.indexOf(wanted); at >= 0; at = within.indexOf(wanted, at + 1)) {
    const isLetter = (sign: string | undefined) => sign !== undefined && /[\p{Script=Latin}\d]/u.test(sign);
    const [first, last] = [wanted[0], wanted.at(-1)];
    const begins = !isLetter(first) || !isLetter(within[at - 1]);
    const ends = !isLetter(last) || !isLetter(within[at + wanted.length]);
    if (begins && ends) return true;
  }
  return false;
}

/** Case, width and the kind of space do not tell two texts apart. */
export function folded(text: string): string {
  return text.normalize('NFKC').toLowerCase().replace(/\s+/g, ' ').trim();
}
