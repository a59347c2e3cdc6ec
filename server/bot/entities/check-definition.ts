import { Refusal } from '../../gateway/refusal.ts';
import { builtInTypes, type DictionaryValue, type EntityDefinition } from './find-entities.ts';
import { foldTerm } from './read-text.ts';
import { longestTerm } from './term-matcher.ts';
import { parseValuePattern } from './value-pattern.ts';

/** Words of all dictionaries together: they are held in memory by every process. */
export const mostTerms = 50_000;
const mostSynonyms = 200;

/**
 * A definition in its one form: blanks around words are gone, and no word stands there twice.
 *
 * @param others the names of the other definitions
 * @throws Refusal `settings-invalid` with the field and the value that is to blame; `conflict` for a name that is taken
 */
export function checkDefinition<T extends EntityDefinition>(definition: T, others: readonly string[]): T {
  const name = definition.name.trim();
  if (name === '' || name.length > 60) throw invalid('name', 'a name has 1 to 60 characters');
  const lower = name.toLowerCase();
  if ((builtInTypes as readonly string[]).includes(lower))
    throw invalid('name', `"${name}" is found always: take another name`);
  if (others.some((other) => other.toLowerCase() === lower)) {
    throw new Refusal('conflict', `name: there is "${name}" already.`, { field: 'name' });
  }
  if (definition.kind === 'dictionary') return { ...definition, name, values: checkValues(definition.values) };
  parseValuePattern(definition.pattern);
  return { ...definition, name };
}

function invalid(field: string, why: string): Refusal {
  return new Refusal('settings-invalid', `${field}: ${why}.`, { field });
}

function checkValues(values: readonly DictionaryValue[]): DictionaryValue[] {
  const owner = new Map<string, string>();
  let terms = 0;
  return values.map(({ value, synonyms }) => {
    const main = value.trim();
    if (synonyms.length > mostSynonyms) throw invalid('values', `"${main}" has more than ${mostSynonyms} synonyms`);
    const kept: string[] = [];
    for (const [at, raw] of [main, ...synonyms].entries()) {
      const word = raw.trim();
      const folded = foldTerm(word);
      if (folded === '' || word.length > longestTerm) {
        throw invalid('values', `"${word.slice(0, 20)}" is empty or longer than ${longestTerm} characters`);
      }
      const other = owner.get(folded);
      if (other !== undefined && other !== main)
        throw invalid('values', `"${word}" is a word of "${other}" and of "${main}": which is meant?`);
      if (at === 0 && other === main) throw invalid('values', `"${main}" is there twice`);
      if (at > 0 && other === undefined) kept.push(word);
      owner.set(folded, main);
      terms += 1;
      if (terms > mostTerms) throw invalid('values', `there are more than ${mostTerms} words`);
    }
    return { value: main, synonyms: kept };
  });
}
