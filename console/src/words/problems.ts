import i18next from 'i18next';
import type { en } from './en.ts';
import { inChinese } from './server-words.ts';

/** What went wrong, as the server tells it. */
export interface ToldProblem {
  /** Absent where the server keeps the sentence alone. */
  readonly code?: string;
  /** The server's sentence, in English. */
  readonly detail: string;
}

type KnownCode = keyof typeof en.problem;

/** What the server says to these is meant for programs: people are told in words of ours, whatever their language. */
const forPrograms: ReadonlySet<string> = new Set<KnownCode>([
  ...(['network', 'internal', 'unauthorized', 'cursor-invalid', 'origin-forbidden'] as const),
  ...(['type-unsupported', 'frame-too-large'] as const),
]);

/** A problem in the reader's language; where we have no words of our own for it, by its code with the server's sentence. */
export function problemWords({ code, detail }: ToldProblem): string {
  const words = code === undefined ? undefined : wordsOf(code);
  if (words !== undefined && code !== undefined && forPrograms.has(code)) return words;
  if (i18next.language === 'en') return detail;
  const [, prefix = '', rest = detail] = /^([\w.[\]]+): (.*)$/s.exec(detail) ?? [];
  const said = inChinese(detail) ?? inChinese(rest);
  if (said !== undefined) return inChinese(detail) === undefined && prefix !== '' ? `${prefix}：${said}` : said;
  return words === undefined ? detail : i18next.t('app.serversWords', { words, detail });
}

/** The same to stand at the field that it is about: the server begins with the field's name, which need not be said again. */
export function problemWordsAt(field: string, problem: ToldProblem): string {
  const prefix = `${field}: `;
  const { detail } = problem;
  const rest = detail.startsWith(prefix) ? detail.slice(prefix.length) : detail;
  const words = problemWords({ ...problem, detail: rest });
  return words === rest ? rest.charAt(0).toUpperCase() + rest.slice(1) : words;
}

function wordsOf(code: string): string | undefined {
  return i18next.exists(`problem.${code}`) ? i18next.t(`problem.${code as KnownCode}`) : undefined;
}
