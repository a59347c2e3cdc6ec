/**
 * What an angry customer says, and how much of the anger that tells: 1 is enough by itself. Patterns: Chinese puts no blanks
 * between words, so that 滚 stands in washing machines (滚筒) as well, and 妈的 in whatever belongs to a mother.
 */
const words: readonly { readonly weight: number; readonly of: readonly string[] }[] = [
  {
    weight: 1,
    of: [
      ...[
        '骗子',
        '去死',
        '傻逼',
        '傻b',
        '煞笔',
        '脑残',
        '混蛋',
        '王八蛋',
        '太过分',
        '气死',
        '忍无可忍',
        '坑人',
        '骗钱',
      ],
      ...['黑店', '无良', '岂有此理', '操你', '草泥马', '你妈的', '是不是有病', '有病吧', '老子'],
      '(?<![摇翻打])滚(?=蛋|犊|开(?!水)|出去|吧|远|$|[!！。，,~\\s])',
      '(?<![扔倒丢装厨余])垃圾(?!桶|袋|箱|篓|铲|盒|架|车|站|房|分类|处理|回收|邮件|短信|信息)',
      '他妈(?!妈|咪)',
      '(?<!\\p{Script=Han})妈的(?!生日|手机|订单|账|电话|地址|名字|礼物)',
      '什么破(?![损了裂碎洞坏])',
      '愤怒(?!的小鸟)',
      ...['fuck', 'fucking', 'bullshit', 'shit', 'wtf', 'tmd', 'cnm', 'nmsl', 'scam', 'scammers', 'thieves', 'liars'],
      ...['idiots', 'idiot', 'furious', 'pissed', 'outrageous', 'disgusting', 'fed up', 'rip[ -]?off(?! the)'],
      ...['pathetic', 'unacceptable', 'sick of', 'worst(?! case| scenario)', 'piece of crap'],
    ],
  },
  {
    weight: 0.5,
    of: [
      ...['生气', '失望', '太差', '这么差', '差劲', '糟糕', '无语', '受不了', '烦死', '敷衍', '不负责任', '什么态度'],
      ...['第三次', '还没解决', '差评', '曝光', '骗人', '恶心', '没人管', '到底(?!部)', '一直没', '等了好几天'],
      ...['等了半天', '搞什么', '浪费时间', '(?<!还)没用'],
      ...['angry(?! birds)', 'terrible', 'horrible', 'awful', 'ridiculous', 'useless', 'disappointed', 'frustrated'],
      ...['annoyed', 'annoying', 'crap', 'damn', 'kidding me', 'waste of time', 'still waiting', 'third time'],
      ...['no one answers', 'nobody answers', 'stupid', 'hate', 'joke'],
    ],
  },
];
/** What turns the word after it round: "not angry", "没有生气". */
const negations = /(?:不|没|没有|别|並不|并不|不要|isn't|not|no|never|don't be|n't)\s*$/iu;
const patterns = words.flatMap(({ weight, of }) =>
  of.map((word) => ({
    weight,
    // Latin words as wholes.
    pattern: new RegExp(/^[a-z]/.test(word) ? `(?<![a-z])(?:${word})(?![a-z])` : word, 'gu'),
  })),
);
const mostTimes = 3;

/**
 * How angry a text sounds, by a list of words in Chinese and English and by how it is written (marks, capitals): 0 … 1.
 * It is a small measure that misses irony, and is not asked to find what is merely unhappy.
 */
export function angerIn(text: string): number {
  const lower = text.normalize('NFKC').toLowerCase();
  let sum = 0;
  for (const { weight, pattern } of patterns) sum += weight * timesOf(lower, pattern);
  // A mark makes what is said stronger; alone it says nothing.
  if (/[!！]{2,}|[?？]{3,}|[!！][?？]/.test(text)) sum += sum > 0 ? 0.3 : 0.2;
  if (isShouted(text)) sum += sum > 0 ? 0.3 : 0.2;
  return Math.min(1, sum);
}

function timesOf(text: string, pattern: RegExp): number {
  let times = 0;
  for (const { index } of text.matchAll(pattern)) {
    if (!negations.test(text.slice(Math.max(0, index - 10), index))) times += 1;
    if (times === mostTimes) break;
  }
  return times;
}

/** Some words, all in capitals. */
function isShouted(text: string): boolean {
  const letters = text.match(/\p{Script=Latin}/gu) ?? [];
  const capitals = letters.filter((letter) => letter !== letter.toLowerCase());
  return letters.length >= 12 && text.trim().includes(' ') && capitals.length / letters.length > 0.8;
}
