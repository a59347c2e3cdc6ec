import { Refusal } from '../gateway/refusal.ts';
import { checkCategory, checkCategoryNames, checkLanguage, limits } from './check-item.ts';
import type { KnowledgeBase } from './knowledge-base.ts';
import type { CategoryName, KnowledgeStore } from './knowledge-store.ts';
import { bestVersion } from './languages.ts';
import type { Viewer } from './viewer.ts';

/** A category: articles name it by `name`, which stands in where a language has no name of its own. */
export interface Category {
  readonly name: string;
  /** By language. */
  readonly names: Readonly<Record<string, string>>;
  /** What it is called in the language that was asked for. */
  readonly shown: string;
  /** Articles in it that one may see. */
  readonly articles: number;
}

export interface Categories {
  /** Those that an article is in, or that have names, by what they are called. */
  list(viewer: Viewer, language: string | undefined): Promise<Category[]>;
  /** Sets names by language; null takes one away, and what is not there stays. @throws Refusal `content-invalid`, `conflict` */
  change(viewer: Viewer, category: string, names: Readonly<Record<string, string | null>>): Promise<Category>;
  /** What categories are called in a language, as things are now. */
  namesIn(language: string | undefined): Promise<(category: string) => string>;
  /** All that a category is called, itself included. */
  wordings(): Promise<(category: string) => readonly string[]>;
}

type Names = ReadonlyMap<string, readonly CategoryName[]>;

export function createCategories(deps: { readonly base: KnowledgeBase; readonly store: KnowledgeStore }): Categories {
  const { base, store } = deps;

  async function stored(): Promise<Names> {
    return Map.groupBy(await store.categoryNames(), ({ category }) => category);
  }

  async function list(viewer: Viewer, asked: string | undefined): Promise<Category[]> {
    const language = asked === undefined ? undefined : checkLanguage('language', asked);
    await base.catchUp();
    const byCategory = await stored();
    const counts = new Map<string, number>([...byCategory.keys()].map((category) => [category, 0]));
    for (const { category, status } of base.articles())
      if (category !== '' && (viewer.isSupervisor || status === 'published'))
        counts.set(category, (counts.get(category) ?? 0) + 1);
    const collator = new Intl.Collator(language);
    return [...counts]
      .map(([name, articles]) => ({
        name,
        names: Object.fromEntries((byCategory.get(name) ?? []).map((one) => [one.language, one.name])),
        shown: nameIn(byCategory, name, language),
        articles,
      }))
      .sort((a, b) => collator.compare(a.shown, b.shown));
  }

  return {
    list,
    change: async (viewer, given, names) => {
      const category = checkCategory('name', given);
      const checked = checkCategoryNames(names);
      mustHaveRoom(await store.categoryNames(), Object.keys(checked).length);
      await base.write([{ kind: 'name-category', category, names: checked }]);
      const changed = (await list(viewer, undefined)).find(({ name }) => name === category);
      return changed ?? { name: category, names: {}, shown: category, articles: 0 };
    },
    namesIn: async (language) => {
      const names = await stored();
      return (category) => nameIn(names, category, language);
    },
    wordings: async () => {
      const names = await stored();
      return (category) => [category, ...(names.get(category) ?? []).map(({ name }) => name)];
    },
  };
}

/** The nearest language's name, as with the versions of an article; the category's own name stands first. */
function nameIn(names: Names, category: string, language: string | undefined): string {
  const own = { language: '', name: category };
  return bestVersion([own, ...(names.get(category) ?? [])], language)?.name ?? category;
}

function mustHaveRoom(there: readonly CategoryName[], more: number): void {
  if (there.length + more > limits.categoryNames)
    throw new Refusal('conflict', `Categories have ${there.length} names in all: take away some that nobody needs.`);
}
