import { masked } from '../../knowledge/suggestions/mask.ts';
import { createMasking } from '../language-model/masking.ts';

/** Read as a number of an order by whoever learns from it: which one it was says nothing. */
const someNumber = '00000';
const numbers = /\[(?:PHONE|CARD|ID|ACCOUNT)_\d+\]|\{\{(?:phone|order|number)\}\}/g;
const others = /\[(?:EMAIL|ADDRESS|NAME|TEXT)_\d+\]|\{\{(?:contact\.name|agent\.name|email|link)\}\}/g;

/**
 * A question on one line without what tells of the person who asked: phone, order and other long numbers are `00000`; addresses,
 * links and the person's name are `…`. So it reads as a question, and is one that an intent can be taught.
 */
export function questionWithoutPerson(text: string, contactName: string): string {
  const hidden = createMasking([contactName]).mask(text);
  return masked(hidden, { contact: contactName, agent: undefined })
    .replace(numbers, someNumber)
    .replace(others, '…')
    .replace(/\s+/g, ' ')
    .trim();
}
