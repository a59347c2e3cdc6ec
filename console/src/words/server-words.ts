import i18next from 'i18next';
import { faultsInChinese, refusalsInChinese } from './refusals-zh.ts';

/**
 * What the server says in English, in the words of an agent who reads Chinese: reasons come from adapters and from checks
 * of what was sent, as sentences and without keys. What is neither here nor among the refusals stays as the server says it.
 */
const chinese: readonly (readonly [RegExp, string])[] = [
  [/^is (?:empty|required|missing)$/, '此项必填'],
  [/^expected text$/, '应为文字'],
  [/^expected a number$/, '应为数字'],
  [/^expected a number from (\S+) to (\S+)$/, '应为 $1 至 $2 之间的数字'],
  [/^expected an http or https address$/, '应为 http 或 https 地址'],
  [/^does not have the form that the platform gives it$/, '格式与平台提供的不符'],
  [/^is longer than (\d+) characters$/, '超过 $1 个字符'],
  [/^at most (\d+) characters, and this has (\d+)$/, '最多 $1 个字符，现在有 $2 个'],
  [/^a name has (\d+) to (\d+) characters$/, '名称须为 $1 至 $2 个字符'],
  [/^letters, digits, - _ and \. alone, at most (\d+) of them$/, '只能包含字母、数字、- _ 和 .，最多 $1 个'],
  [/^expected a language tag such as en or zh-CN, got "(.*)"$/, '应为语言标签，例如 en 或 zh-CN，而不是“$1”'],
  [/^there is (?:an intent )?["“](.*)["”] already$/, '已有“$1”'],
  [/^there is an agent with this address already$/, '已有客服使用此邮箱'],
  [/^this is not your password$/, '当前密码不正确'],
  [/^another canned reply has (\/\S+)$/, '另一条快捷回复已使用 $1'],
  [/^another one has this key$/, '此键已被使用'],
  [/^it would be over before it begins$/, '结束时间早于开始时间'],
  [/^an article needs at least one language$/, '文章至少需要一种语言'],
  [/^(\S+) is there twice$/, '$1 重复'],
  [/^name a skill group that may use it, or choose another visibility$/, '请选择可使用的技能组，或改选其他可见范围'],
  [
    /^line (\d+), column (\d+): There is no variable (\{\{.*\}\})\. Did you mean (\{\{.*\}\})\?$/,
    '第 $1 行第 $2 列：没有变量 $3，是否想用 $4？',
  ],
  [/^line (\d+), column (\d+): There is no variable (\{\{.*\}\})$/, '第 $1 行第 $2 列：没有变量 $3'],
  [/^There is no variable (\{\{.*\}\})\. Did you mean (\{\{.*\}\})\?$/, '没有变量 $1，是否想用 $2？'],
  [/^There is no variable (\{\{.*\}\})$/, '没有变量 $1'],
  [
    /^(?:somebody changed (?:or deleted )?it meanwhile|revision \d+ holds by now): load it again, then save$/,
    '其间已被他人修改：请重新载入后再保存',
  ],
  [
    /^Somebody else has published a version just now: look at it, then try again$/,
    '其他人刚刚发布了新版本：请查看后重试',
  ],
  [/^This is the last administrator: make another one first$/, '这是最后一位管理员：请先设置另一位管理员'],
  [/^Too many attempts to sign in: try again later$/, '登录尝试过多，请稍后再试'],
  [/^The server could not be reached$/, '无法连接服务器'],
  [/^The server answered (\d+)$/, '服务器返回 $1'],
  [/^No connection to (\S+?)(?: \((\w+)\))?$/, '无法连接到 $1（$2）'],
  [/^(\S+) leads into a network that is not reached from here$/, '$1 指向此处不允许访问的网络'],
  [/^The endpoint answered (\d+)$/, '对方系统返回 $1'],
  [/^The endpoint answered (\d+)\. It is gone for good$/, '对方系统返回 $1，地址已永久失效'],
  [
    /^The endpoint refused us \((\d+)\): do both sides have the same secret, and the right time\?$/,
    '对方系统拒绝了请求（$1）：请检查双方密钥是否一致、时间是否准确',
  ],
  [/^This channel has no address to post to: enter one in its settings$/, '此渠道没有发送地址：请在设置中填写'],
  [/^The reply window is over: the customer must write first$/, '已超过可回复时限，需等客户先来信'],
  [
    /^The number of replies to the customer’s last message is used up: the customer must write first$/,
    '对客户上一条消息的可回复条数已用完，需等客户先来信',
  ],
  [/^The user does not follow the account any more$/, '客户已取消关注'],
  [/^The user refuses messages of the account$/, '客户拒收此账号的消息'],
  [/^The user is on the account’s black list$/, '客户在此账号的黑名单中'],
  [/^WeChat has restricted this user$/, '微信限制了该用户'],
  [/^WeChat is busy$/, '微信系统繁忙'],
  [/^WeChat asks for fewer requests$/, '微信要求降低请求频率'],
  [/^WeChat cannot be reached: (.*)$/, '无法连接微信：$1'],
  [/^WeChat does not take this kind of file$/, '微信不支持此类文件'],
  [/^The (?:file|picture|video|thumbnail|voice message) is too large for WeChat$/, '文件超过微信的大小限制'],
  [/^The text is longer than WeChat takes$/, '文字超过微信的长度限制'],
  [/^WeChat does not know the AppID: check the channel’s settings$/, '微信不认识此 AppID：请检查渠道设置'],
  [/^The AppSecret is wrong: check the channel’s settings$/, 'AppSecret 不正确：请检查渠道设置'],
  [
    /^This server’s (.*) is not on the account’s IP list \(IP白名单\)\. \((\d+)\)$/,
    '本服务器的 $1 不在公众号的 IP 白名单中（$2）',
  ],
];

const unsure = /^The platform did not answer, so it may have arrived: (.*) Send it again if it did not\.$/;

/** A sentence of the server's in the language of the console, as far as it is known. */
export function serverWords(text: string): string {
  return i18next.language === 'zh-CN' ? (inChinese(text) ?? text) : text;
}

/** A sentence of the server's in Chinese; undefined: it is not known. */
export function inChinese(text: string): string | undefined {
  const [, reason] = unsure.exec(text) ?? [];
  if (reason !== undefined) return `平台没有答复，消息可能已送达：${serverWords(reason)}如未送达，请重新发送。`;
  return byPattern(text) ?? refusalWords(text);
}

function byPattern(text: string): string | undefined {
  const bare = text.replace(/\.$/, '');
  for (const [pattern, words] of chinese) {
    if (!pattern.test(bare)) continue;
    const said = bare.replace(pattern, words).replace('（）', '');
    return bare === text ? said : `${said}${/[？?]$/.test(said) ? '' : '。'}`;
  }
  return undefined;
}

const refusals: Readonly<Record<string, string>> = { ...faultsInChinese, ...refusalsInChinese };
/** Those with more that is fixed first: "{1} is offline" would hold for many. */
const patterns = Object.entries(refusals)
  .filter(([sentence]) => sentence.includes('{1}'))
  .toSorted(([a], [b]) => b.length - a.length)
  .map(([sentence, words]) => ({ pattern: patternOf(sentence), words }));

function patternOf(sentence: string): RegExp {
  const fixed = sentence.split(/\{\d\}/).map((part) => part.replace(/[.*+?^${}()|[\]\\]/g, '\\$&'));
  return new RegExp(`^${fixed.join('(.+?)')}$`, 's');
}

function refusalWords(sentence: string): string | undefined {
  if (Object.hasOwn(refusals, sentence)) return refusals[sentence];
  for (const { pattern, words } of patterns) {
    const found = pattern.exec(sentence);
    if (found !== null) return words.replace(/\{(\d)\}/g, (_, n: string) => found[Number(n)] ?? '');
  }
  return undefined;
}
