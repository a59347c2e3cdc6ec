import type { SurveyLook } from '@parley/sdk/protocol.ts';
import { surveyWordsFor } from '../surveys/survey-words.ts';

/** Drawn here: of emoji every system has its own, and some have not all five. */
const mouths = [
  'M8 17c1.2-2.6 6.8-2.6 8 0',
  'M8.5 16.3c1.5-1.3 5.5-1.3 7 0',
  'M8.5 15.5h7',
  'M8.5 14.7c1.5 1.5 5.5 1.5 7 0',
  'M7.8 13.8c1 4 7.4 4 8.4 0z',
];
const faces = mouths.map(
  (mouth) => `<svg viewBox="0 0 24 24"><circle cx="12" cy="12" r="10"/><path d="M9 9v1M15 9v1${mouth}"/></svg>`,
);

/** The question, or thanks for the answer. It needs no script. */
export function surveyPage(
  language: string,
  of: {
    readonly look: SurveyLook;
    readonly asksComment: boolean;
    /** It may be answered. */
    readonly isOpen: boolean;
    readonly isAnswered: boolean;
    /** Sent without a score. */
    readonly isRefused: boolean;
    readonly score: number | null;
  },
): string {
  const words = surveyWordsFor(language);
  if (!of.isOpen) {
    const said = of.isAnswered ? `<h1>${words.thanks}</h1><p>${words.answered}</p>` : overContent(language);
    return page(words.language, said);
  }
  const scores = words.scores.map((label, at) => {
    const sign = of.look === 'faces' ? (faces[at] ?? '') : '★'.repeat(at + 1);
    const checked = of.score === at + 1 ? ' checked' : '';
    return `<label class="score"><input type="radio" name="score" value="${at + 1}" required${checked}><span class="sign" aria-hidden="true">${sign}</span><span>${label}</span></label>`;
  });
  const refused = of.isRefused ? `<p class="refused" role="alert">${words.choose}</p>` : '';
  const comment = of.asksComment
    ? `<label class="comment">${words.comment}<textarea name="comment" rows="4" maxlength="2000"></textarea></label>`
    : '';
  return page(
    words.language,
    `<form method="post"><fieldset><legend><h1>${words.question}</h1></legend>${refused}<div class="scores">${scores.join('')}</div></fieldset>${comment}<button>${words.send}</button></form>`,
  );
}

/** For a link that is none of ours, or over. */
export function surveyOverPage(language: string): string {
  return page(surveyWordsFor(language).language, overContent(language));
}

function overContent(language: string): string {
  const words = surveyWordsFor(language);
  return `<h1>${words.over}</h1><p>${words.overHint}</p>`;
}

function page(language: string, content: string): string {
  return `<!doctype html>
<html lang="${language}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="robots" content="noindex">
<title>${surveyWordsFor(language).title}</title>
<link rel="icon" href="/console/favicon.svg" type="image/svg+xml">
<link rel="stylesheet" href="/survey/style.css">
</head>
<body>
<main>${content}</main>
</body>
</html>
`;
}
