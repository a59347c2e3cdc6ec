/** What customers read of a survey. */
export interface SurveyWords {
  readonly language: string;
  readonly question: string;
  /** From 1 to 5. */
  readonly scores: readonly [string, string, string, string, string];
  readonly byNumber: string;
  readonly orHere: string;
  readonly andHere: string;
  readonly thanks: string;
  readonly title: string;
  readonly comment: string;
  readonly send: string;
  readonly answered: string;
  readonly over: string;
  readonly overHint: string;
  readonly choose: string;
}

const en: SurveyWords = {
  language: 'en',
  question: 'How satisfied are you with this conversation?',
  scores: ['Very dissatisfied', 'Dissatisfied', 'Neither', 'Satisfied', 'Very satisfied'],
  byNumber: 'Answer with a number from 1 (very dissatisfied) to 5 (very satisfied).',
  orHere: 'Or answer here: {link}',
  andHere: 'You can say more here: {link}',
  thanks: 'Thank you for telling us.',
  title: 'How was it?',
  comment: 'Would you like to add something?',
  send: 'Send',
  answered: 'You have answered already.',
  over: 'This question cannot be answered any more',
  overHint: 'The link is wrong, or its time is over.',
  choose: 'Please choose one of the five.',
};

const zhCn: SurveyWords = {
  language: 'zh-CN',
  question: '您对本次服务满意吗？',
  scores: ['非常不满意', '不满意', '一般', '满意', '非常满意'],
  byNumber: '请回复 1（非常不满意）到 5（非常满意）的数字。',
  orHere: '也可以在这里评价：{link}',
  andHere: '也可以在这里补充意见：{link}',
  thanks: '感谢您的评价。',
  title: '服务评价',
  comment: '您想补充什么吗？',
  send: '提交',
  answered: '您已经评价过了。',
  over: '此评价链接无法使用',
  overHint: '链接有误，或已过期。',
  choose: '请选择一项。',
};

/** The words nearest to a language. */
export function surveyWordsFor(language: string | null): SurveyWords {
  return language !== null && /^zh\b/i.test(language) ? zhCn : en;
}
