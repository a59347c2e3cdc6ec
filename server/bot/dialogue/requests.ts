/** What a customer asks of the bot itself, rather than of the company. */
export type Request = 'human' | 'stop' | 'greeting' | 'thanks';

const humanChinese =
  /(转|接|找|要|换|叫|联系|需要|想要|跟|和|有)?\s*(个|一下|到|一个|位|一位)?\s*(人工(?!费|智能|成本|制)|真人|活人)(客服|服务|坐席)?|(转|找|叫|换|联系|接)\s*(个|一下|一个|位|一位|你们)?\s*(客服|坐席|专员|人来|人处理)|^客服[!！。~～]*$|不想?(和|跟)机器人|(和|跟)人(说|聊|讲)/u;
const humanEnglish =
  /\b(?:(?:talk|speak|chat|connect|transfer|get|give|put|reach|need|want|see|have)\b[^.!?]{0,30}\b(?:human|real person|live (?:agent|person|chat)|agent|representative|operator|customer service|somebody real|someone real|a person|actual person)|(?:human|live agent|real person|operator|representative)s?\s*(?:please|pls|now)?\s*[!.?]*$|^agent\s*(?:please|now)?\s*[!.]*$|not a (?:bot|robot|machine))/iu;
const refusesHuman =
  /(不要|不用|别|不需要|无需|先不)\s*(转|找|接|叫|换)?\s*(个|到|一下)?\s*(人工|真人|客服)|\b(?:don'?t|do not|no need to|without|rather not)\b[^.!?]{0,25}\b(?:human|agent|person|representative|operator)\b/iu;
const wholly: Readonly<Record<Exclude<Request, 'human'>, RegExp>> = {
  stop: /^(取消|退出|算了|停止|不用了|结束|停|没事了|stop|cancel|quit|exit|never ?mind|forget it|no thanks|abort)$/iu,
  greeting:
    /^(你好|您好|在吗|在么|在不在|有人吗|哈[喽啰]|嗨|早上好|上午好|中午好|下午好|晚上好|你好呀|你好啊|hi|hello|hey|hi there|hello there|good (?:morning|afternoon|evening)|anybody there|anyone there)+$/iu,
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
  const plain = text.normalize('NFKC').toLowerCase().replace(/\s+/g, ' ').trim();
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
