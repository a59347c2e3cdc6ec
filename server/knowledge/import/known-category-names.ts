import { limits } from '../check-item.ts';
import type { CategoryName } from '../knowledge-store.ts';
import { ImportFailure } from './import-problem.ts';

/** A name that a file gives to a category. */
export interface GivenName extends CategoryName {
  readonly line: number;
}

const placeOf = ({ category, language }: CategoryName): string => `${language} ${category}`;

/** What categories are called, with what the files before would have changed, and which of them said it. */
export class KnownCategoryNames {
  readonly #names: Map<string, string>;
  readonly #saidBy = new Map<string, string>();

  constructor(stored: readonly CategoryName[]) {
    this.#names = new Map(stored.map((one) => [placeOf(one), one.name]));
  }

  /** What one file would change: kept when the whole file is right. */
  begin(file: string) {
    const given = new Map<string, GivenName>();
    return {
      /** Answers those that are new or another. @throws ImportFailure where one category gets two names in a language */
      plan: (names: readonly GivenName[]): GivenName[] => {
        const changed = names.filter((one) => {
          const place = placeOf(one);
          const said = given.get(place);
          const other = said?.name ?? (this.#saidBy.has(place) ? this.#names.get(place) : undefined);
          if (other !== undefined && other !== one.name) {
            const where = said === undefined ? `in ${this.#saidBy.get(place)}` : `on line ${said.line}`;
            const already = `"${one.category}" is called "${other}" in ${one.language} ${where}`;
            throw new ImportFailure(one.line, `category_name: ${already}: give it one name.`);
          }
          if (said === undefined) given.set(place, one);
          return said === undefined && this.#names.get(place) !== one.name;
        });
        const more = [...given.keys()].filter((place) => !this.#names.has(place)).length;
        if (more > 0 && this.#names.size + more > limits.categoryNames)
          throw new ImportFailure(
            names[0]?.line ?? 1,
            `Categories can have ${limits.categoryNames} names at the most.`,
          );
        return changed;
      },
      keep: (): void => {
        for (const [place, { name }] of given) {
          this.#names.set(place, name);
          this.#saidBy.set(place, file);
        }
      },
    };
  }
}
