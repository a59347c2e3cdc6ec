import type { Texts } from '@parley/sdk/flow-document.ts';
import { speaks } from '../../routing/language-tags.ts';
import { isLatin } from './language-of.ts';

export type { Texts };

/** What the bot says by itself. `{name}`, `{opens}`, `{question}` and the like are filled in. */
export const botTextKeys = [
  'name',
  'greeting',
  'help',
  'thanks',
  'stopped',
  'notUnderstood',
  'didThisHelp',
  'notHelped',
  'didYouMean',
  'noneOfThese',
  'handOff',
  'outsideHours',
  'leaveMessage',
  'noMessage',
  'writeMessage',
  'messageTaken',
  'askAgain',
  'meanwhile',
  'otherLanguage',
  'source',
  'askPerson',
  'yesPlease',
  'yes',
  'no',
  'codeSent',
  'codeAwaited',
  'codeWrong',
  'codeExpired',
  'codeTooMany',
  'codeLimit',
  'codeUndelivered',
  'codeRight',
  'anotherCode',
  'codeSubject',
  'codeMail',
] as const;
export type BotTextKey = (typeof botTextKeys)[number];
export type BotTexts = Readonly<Record<BotTextKey, string>>;

const english: BotTexts = {
  name: 'Assistant',
  greeting: 'Hello, this is {name}, an automatic assistant. Say “human” whenever you want a person.',
  help: 'What can I do for you?',
  thanks: 'You are welcome. Is there anything else?',
  stopped: 'All right, let us leave that. What can I do for you?',
  notUnderstood: 'I did not quite get that. Could you say it in other words?',
  didThisHelp: 'Did this help?',
  notHelped: 'I am sorry. Could you say in other words what you need? Or say “human”, and a person will take over.',
  didYouMean: 'Which of these do you mean?',
  noneOfThese: 'None of these',
  handOff: 'One moment please: a colleague will take over.',
  outsideHours: 'Our team is not here at the moment{opens}. You can leave a message, and we will answer it.',
  leaveMessage: 'Leave a message',
  noMessage: 'No, thanks',
  writeMessage: 'Please write your message, with everything that we need to know.',
  messageTaken: 'Thank you. Your message is with our team, and you will get an answer here.',
  askAgain: 'That does not seem to fit. {question}',
  meanwhile: 'Our colleagues are all busy or away. Our automatic assistant will try to help you meanwhile.',
  otherLanguage: 'I have this in another language only:',
  source: 'Source: {titles}',
  askPerson: 'I could not help you with this. Shall a colleague take over?',
  yesPlease: 'Yes, please',
  yes: 'Yes',
  no: 'No',
  codeSent:
    'To be sure that it is you: if we have an address for this, a code of six digits is on its way to {address}. Please type it here within {minutes} minutes.',
  codeAwaited: 'Please type the six digits that we have sent to {address}, or ask for a person.',
  codeWrong: 'That is not the code. Please look again; tries left: {left}.',
  codeExpired: 'That code does not hold any more.',
  codeTooMany: 'I could not check who you are: those were too many tries.',
  codeLimit: 'Too many codes were asked for. Please try again in an hour.',
  codeUndelivered: 'The code could not be sent.',
  codeRight: 'Thank you, that is right.',
  anotherCode: 'Send another code',
  codeSubject: 'Your code',
  codeMail:
    'Your code is {code}. It holds for {minutes} minutes. Type it in the chat in which you were asked for it, and tell it to nobody else. If you did not ask for it, ignore this message.',
};
const chinese: BotTexts = {
  name: '智能助手',
  greeting: '您好，我是{name}，由系统自动回复。需要真人时请说“人工”。',
  help: '请问有什么可以帮您？',
  thanks: '不客气。请问还有其他问题吗？',
  stopped: '好的，那我们先不管这个。请问还有什么可以帮您？',
  notUnderstood: '抱歉，我没太明白。您可以换个说法吗？',
  didThisHelp: '这个回答对您有帮助吗？',
  notHelped: '抱歉没能帮到您。您可以换个说法再问一次，或者说“人工”转接人工客服。',
  didYouMean: '请问您想问的是哪一个？',
  noneOfThese: '都不是',
  handOff: '请稍等，马上为您转接人工客服。',
  outsideHours: '现在不在我们的服务时间{opens}。您可以留言，我们会回复您。',
  leaveMessage: '我要留言',
  noMessage: '不用了',
  writeMessage: '请写下您的留言，并尽量写清楚需要我们了解的情况。',
  messageTaken: '谢谢，您的留言已转给我们的团队，我们会在这里回复您。',
  askAgain: '这个好像不太对。{question}',
  meanwhile: '人工客服暂时都在忙或不在线，先由智能助手为您解答。',
  otherLanguage: '这条内容目前只有其他语言的版本：',
  source: '来源：{titles}',
  askPerson: '抱歉，这个问题我没能帮您解决。需要为您转接人工客服吗？',
  yesPlease: '好的，转人工',
  yes: '是',
  no: '否',
  codeSent:
    '为确认是您本人：如果我们留有相应的联系方式，一个六位验证码正发送至 {address}。请在 {minutes} 分钟内在这里输入。',
  codeAwaited: '请输入发送至 {address} 的六位验证码，或者说“人工”转接人工客服。',
  codeWrong: '验证码不正确，请再核对一下，还可以尝试 {left} 次。',
  codeExpired: '该验证码已失效。',
  codeTooMany: '尝试次数过多，未能确认您的身份。',
  codeLimit: '获取验证码的次数过多，请一小时后再试。',
  codeUndelivered: '验证码未能发送。',
  codeRight: '谢谢，验证通过。',
  anotherCode: '重新发送验证码',
  codeSubject: '您的验证码',
  codeMail:
    '您的验证码是 {code}，{minutes} 分钟内有效。请在要求您输入的聊天窗口中填写，不要告诉任何人。如果不是您本人操作，请忽略此消息。',
};
export const defaultTexts: Readonly<Record<string, BotTexts>> = { en: english, zh: chinese };

/** Whoever writes in Latin letters reads English sooner than what is written in others. */
export function languagesFor(spoken: string | null, otherwise: string): string[] {
  if (spoken === null) return [otherwise];
  return isLatin(spoken) && !isLatin(otherwise) ? [spoken, 'en', otherwise] : [spoken, otherwise];
}

/** In the wanted language, else in the one that stands for all others; undefined: in neither. */
export function textIn(texts: Texts, ...languages: string[]): string | undefined {
  for (const wanted of languages) {
    const tag = Object.keys(texts).find((each) => speaks([each.toLowerCase()], wanted.toLowerCase()));
    if (tag !== undefined) return texts[tag];
  }
  return texts.default ?? Object.values(texts)[0];
}

/** Puts values where their names stand in braces; what has none is left out. */
export function filled(text: string, values: Readonly<Record<string, string>>): string {
  return text.replace(/\{(\w{1,40})\}/g, (_, key: string) => (Object.hasOwn(values, key) ? (values[key] ?? '') : ''));
}
