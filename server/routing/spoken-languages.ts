import type { AgentSkills } from '@parley/sdk/routing-document.ts';
import { asLanguages, speaks } from './language-tags.ts';

/** Of so many languages that customers write in it is remembered who speaks them. */
const remembered = 200;
/** The number of no language, and of those beyond the remembered ones: it says nothing about who speaks it. */
export const unnumbered = 0;

/** A language that customers write in. */
export interface AskedLanguage {
  readonly number: number;
  /** By the number of an agent's languages, whether one of them will do. Who states none is asked whatever it is. */
  readonly speakers: readonly boolean[];
}

/**
 * The languages of the agents of a configuration. Many have the same ones: each list is there once and has a number, and who
 * speaks what a customer writes is worked out once.
 */
export class SpokenLanguages {
  readonly #ids = new Map<string, number>();
  readonly #lists: (readonly string[])[] = [];
  readonly #asked = new Map<string, AskedLanguage>();
  /** By number of the list, then of the language. */
  readonly #understood: boolean[][] = [];

  constructor(skills: Iterable<AgentSkills>) {
    this.#add([]);
    for (const { languages } of skills) this.#add(asLanguages(languages));
  }

  /** Of one of those agents, or of one who states none. */
  of({ languages }: AgentSkills): { readonly id: number; readonly languages: readonly string[] } {
    const id = this.#ids.get(asLanguages(languages).join()) ?? 0;
    return { id, languages: this.#lists[id] ?? [] };
  }

  /** What a customer writes in, and who will do for it. */
  asked(language: string): AskedLanguage {
    const known = this.#asked.get(language);
    if (known !== undefined) return known;
    const speakers = this.#lists.map((languages) => languages.length === 0 || speaks(languages, language));
    // Customers may write in more of them than there are: those beyond are worked out each time.
    if (this.#asked.size >= remembered) return { number: unnumbered, speakers };
    const asked = { number: this.#asked.size + 1, speakers };
    this.#asked.set(language, asked);
    for (const [id, understood] of this.#understood.entries()) understood[asked.number] = speakers[id] === true;
    return asked;
  }

  /** By the number of a language that was asked for, whether who speaks the languages of this number will do for it. */
  understoodBy(languagesId: number): readonly boolean[] {
    return this.#understood[languagesId] ?? [];
  }

  #add(languages: readonly string[]): void {
    const key = languages.join();
    if (this.#ids.has(key)) return;
    this.#ids.set(key, this.#lists.length);
    this.#lists.push(languages);
    this.#understood.push([true]);
  }
}
