/** Far over what a company has; more would not be looked through by a person any more. */
export const limits = {
  intents: 1_000,
  utterances: 60_000,
  utterancesOfIntent: 5_000,
  utteranceLength: 500,
  nameLength: 100,
  descriptionLength: 1_000,
  answerLength: 4_000,
  /** Utterances of one request. */
  atOnce: 1_000,
  /** Lines of one file. */
  lines: 60_000,
} as const;
