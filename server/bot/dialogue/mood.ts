/** What an angry customer says, and how much of the anger that tells: 1 is enough by itself. */
const words: readonly { readonly weight: number; readonly of: readonly string[] }[] = [
  {
    weight: 1,
    of: [
      ...[
        '骗子',
        '垃圾',
        '滚',
        '他妈',
        '妈的',
        '去死',
        '傻逼',
        '混蛋',
        '王八蛋',
        '太过分',
        '气死',
        '忍无可忍',
        '什么破',
        '坑人',
      ],
      ...['骗钱', '黑店', '无良', '恶心', '愤怒', '岂有此理'],
      ...[
        'fuck',
        'fucking',
        'bullshit',
        'shit',
        'scam',
        'scammers',
        'idiots',
        'idiot',
        'furious',
        'outrageous',
        'disgusting',
      ],
      ...['fed up', 'rip off', 'rip-off', 'ripoff', 'pathetic', 'unacceptable', 'sick of', 'worst'],
    ],
  },
  {
    weight: 0.5,
    of: [
      ...[
        '生气',
        '失望',
        '太差',
        '差劲',
        '糟糕',
        '无语',
        '受不了',
        '烦死',
        '敷衍',
        '不负责任',
        '什么态度',
        '第三次',
        '还没解决',
        '差评',
      ],
      ...['没人管', '到底', '一直没', '等了好几天', '等了半天', '搞什么', '浪费时间', '没用'],
      ...[
        'angry',
        'terrible',
        'horrible',
        'awful',
        'ridiculous',
        'useless',
        'disappointed',
        'frustrated',
        'annoyed',
        'annoying',
      ],
      ...['waste of time', 'still waiting', 'third time', 'no one answers', 'nobody answers', 'stupid', 'hate', 'joke'],
    ],
  },
];
/** What turns the word after it round: "not angry", "没有生气". */
const negations = /(?:不|没|没有|别|並不|并不|不要|isn't|not|no|never|don't be|n't)\s*$/iu;
const latin = words.map(({ weight, of }) => ({ weight, of: of.filter((word) => /^[a-z]/.test(word)) }));
const chinese = words.map(({ weight, of }) => ({ weight, of: of.filter((word) => !/^[a-z]/.test(word)) }));

/**
 * How angry a text sounds, by a list of words in Chinese and English and by how it is written (marks, capitals): 0 … 1.
 * It is a small measure that misses irony, and is not asked to find what is merely unhappy.
 */
export function angerIn(text: string): number {
  const lower = text.normalize('NFKC').toLowerCase();
  let sum = 0;
  for (const { weight, of } of latin) for (const word of of) sum += weight * timesOf(lower, word, true);
  for (const { weight, of } of chinese) for (const word of of) sum += weight * timesOf(lower, word, false);
  // A mark makes what is said stronger; alone it says nothing.
  if (/[!！]{2,}|[?？]{3,}|[!！][?？]/.test(text)) sum += sum > 0 ? 0.3 : 0.2;
  if (isShouted(text)) sum += sum > 0 ? 0.3 : 0.2;
  return Math.min(1, sum);
}

function timesOf(text: string, word: string, isLatin: boolean): number {
  let times = 0;
  for (let at = text.indexOf(word); at >= 0 && times < 3; at = text.indexOf(word, at + word.length)) {
    const before = text.slice(Math.max(0, at - 10), at);
    const isWhole = !isLatin || (!/[a-z]$/.test(before) && !/^[a-z]/.test(text.slice(at + word.length)));
    if (isWhole && !negations.test(before)) times += 1;
  }
  return times;
}

/** Some words, all in capitals. */
function isShouted(text: string): boolean {
  const letters = text.match(/\p{Script=Latin}/gu) ?? [];
  const capitals = letters.filter((letter) => letter !== letter.toLowerCase());
  return letters.length >= 12 && text.trim().includes(' ') && capitals.length / letters.length > 0.8;
}
