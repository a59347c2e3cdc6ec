import type { SurveyLook } from '@parley/sdk/protocol.ts';
import { surveyWordsFor } from '../surveys/survey-words.ts';

const faces = ['😞', '🙁', '😐', '🙂', '😀'];

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
