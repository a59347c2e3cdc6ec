import type { AgentSkills } from '@parley/sdk/routing-document.ts';
import { asLanguages, speaks } from './language-tags.ts';

/** Of so many languages that customers write in it is remembered who speaks them. */
const remembered = 200;

/**
 * The languages of the agents of a configuration. Many have the same ones: each list is there once and has a number, and who
 * speaks what a customer writes is worked out once.
 */
export class SpokenLanguages {
  readonly #ids = new Map<string, number>();
  readonly #lists: (readonly string[])[] = [];
  readonly #speakers = new Map<string, readonly boolean[]>();

  constructor(skills: Iterable<AgentSkills>) {
    this.#add([]);
    for (const { languages } of skills) this.#add(asLanguages(languages));
  }

  /** Of one of those agents, or of one who states none. */
  of({ languages }: AgentSkills): { readonly id: number; readonly languages: readonly string[] } {
    const id = this.#ids.get(asLanguages(languages).join()) ?? 0;
    return { id, languages: this.#lists[id] ?? [] };
  }

  /** By number, whether one of the languages will do for the one that is wanted. Who states none is asked whatever it is. */
  speakersOf(language: string): readonly boolean[] {
    const known = this.#speakers.get(language);
    if (known !== undefined) return known;
    const speakers = this.#lists.map((languages) => languages.length === 0 || speaks(languages, language));
    // Customers may write in more of them than there are.
    if (this.#speakers.size >= remembered) this.#speakers.clear();
    this.#speakers.set(language, speakers);
    return speakers;
  }

  #add(languages: readonly string[]): void {
    const key = languages.join();
    if (this.#ids.has(key)) return;
    this.#ids.set(key, this.#lists.length);
    this.#lists.push(languages);
  }
}
