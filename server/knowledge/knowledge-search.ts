import type { Clock } from '../base/clock.ts';
import { Lru } from '../base/lru.ts';
import type { FoundEntity } from '../bot/ports.ts';
import { mayUse } from './canned-replies.ts';
import type { DocumentOrigin, KnowledgeBase } from './knowledge-base.ts';
import { isValidAt, type KnowledgeKind } from './knowledge-item.ts';
import { bestVersion, languageFit } from './languages.ts';
import type { FoundPassage } from './passage-index.ts';
import { foldForSearch } from './reply-match.ts';
import type { QuestionVector } from './search/embedder.ts';
import type { FocusTold, RelationKind, ToldFocus } from './search/search-focus.ts';
import { titleMatch } from './title-match.ts';
import { hasVariables } from './variables.ts';

export interface KnowledgeQuery {
  readonly text: string;
  /** BCP 47 tag: of each article the version that fits best counts. Absent: every version. */
  readonly language?: string;
  readonly channelType?: string;
  readonly audience: 'customer' | 'agent';
  /** Items of the other kind are left out; both count where none is named. */
  readonly kind?: KnowledgeKind;
  /** Whose private replies and whose groups' count. */
  readonly agentId?: string;
  readonly limit: number;
  /** The question's vector is waited for at most so long; the settings may say less. 0: it is not asked for. */
  readonly vectorWithinMs?: number;
  /** Values that were found in the text, and what was talked of before: they tell more of what it is about. */
  readonly entities?: readonly FoundEntity[];
  readonly about?: readonly string[];
}

export interface KnowledgePassage {
  readonly id: string;
  readonly source: { readonly kind: KnowledgeKind; readonly id: string; readonly title: string };
  readonly text: string;
  /** Calibrated: from 0.5 on it is likely an answer. */
  readonly score: number;
  readonly language?: string;
  /** How it stands to what the question names, where it names something. */
  readonly relation?: RelationKind;
}

/** How the knowledge graph led the search. */
export interface SearchPath extends FocusTold {
  /** What would have stood among the first, had it not been about something else. */
  readonly putDown: readonly { readonly title: string; readonly about: readonly string[] }[];
}

export interface KnowledgeTitle {
  readonly kind: KnowledgeKind;
  readonly id: string;
  readonly title: string;
  readonly language?: string;
}

/** Passages of articles and canned replies that may answer a text: what holds now, and what whoever asks may see. */
export interface KnowledgeSearch {
  /** Best first. */
  search(query: KnowledgeQuery): Promise<readonly KnowledgePassage[]>;
  /** The same, with how it came about; `path` is null where the text names nothing that the graph knows. */
  explained(query: KnowledgeQuery): Promise<{ passages: readonly KnowledgePassage[]; path: SearchPath | null }>;
  /** Titles that complete what is being typed, best first: see `titleMatch`. */
  complete(query: KnowledgeQuery): Promise<readonly KnowledgeTitle[]>;
  /** In which there is something. */
  languages(): Promise<ReadonlySet<string>>;
}

/** What is known of a text beside its words, and when it is asked. */
type FocusContext = Required<Pick<KnowledgeQuery, 'entities' | 'about'>> & { readonly now: number };

/** Longer questions are cut: what counts was said by then. */
const maxQuery = 2_000;
/** What was put down stands behind everything else: so much more is looked at, to tell of it. */
const lookedBeyond = 10;
const mostPutDown = 3;
/** No title is longer. */
const maxTyped = 200;

export function createKnowledgeSearch(deps: {
  readonly base: KnowledgeBase;
  readonly clock: Clock;
  readonly groupsOf: (agentId: string) => ReadonlySet<string>;
  /** A question as the embedder sees it that serves; undefined where there is none, or it is late. Never fails. */
  readonly questionVector?:
    | ((text: string, withinMs: number | undefined) => Promise<QuestionVector | undefined>)
    | undefined;
  /** What a text is about, as the knowledge graph has it; undefined where it names nothing. */
  readonly focus?: ((text: string, context: FocusContext) => ToldFocus | undefined) | undefined;
  /** What other processes wrote could not be looked at: what is known here is searched. */
  readonly onError: (error: unknown) => void;
}): KnowledgeSearch {
  const { base, clock } = deps;
  /** All titles are asked at each letter that somebody types. */
  const foldedTitles = new Lru<string, string>(50_000);

  /** Asked for each item that might be found, at the time of asking: what is over is never found. */
  function opennessFor(query: KnowledgeQuery): (origin: Pick<DocumentOrigin, 'kind' | 'itemId'>) => boolean {
    const now = clock.now();
    const { agentId } = query;
    const agent = agentId === undefined ? undefined : { id: agentId, groupIds: deps.groupsOf(agentId) };
    const accepted = new Map<string, boolean>();
    const isForChannel = (types: readonly string[] | null) =>
      types === null || query.channelType === undefined || types.includes(query.channelType);
    const articleIsOpen = (id: string): boolean => {
      const article = base.article(id);
      if (article?.status !== 'published' || !isValidAt(article, now) || !isForChannel(article.channelTypes))
        return false;
      return query.audience === 'agent' || article.audience === 'public';
    };
    const replyIsOpen = (id: string): boolean => {
      const reply = base.reply(id);
      if (reply === undefined || !isValidAt(reply, now) || !isForChannel(reply.channelTypes)) return false;
      if (query.audience === 'agent') return agent === undefined ? reply.visibility === 'all' : mayUse(agent, reply);
      // Nobody looks over it before a customer reads it: everybody's alone, and none with blanks to fill in.
      return reply.visibility === 'all' && !hasVariables(reply.body);
    };
    return (origin) => {
      if (query.kind !== undefined && origin.kind !== query.kind) return false;
      const key = `${origin.kind} ${origin.itemId}`;
      const known = accepted.get(key);
      if (known !== undefined) return known;
      const answer = origin.kind === 'article' ? articleIsOpen(origin.itemId) : replyIsOpen(origin.itemId);
      accepted.set(key, answer);
      return answer;
    };
  }

  /** Of an item's wordings those in the language asked for; where there is none, the first. */
  function speaks(origin: DocumentOrigin, { language, channelType }: KnowledgeQuery): boolean {
    if (origin.channelType !== null && channelType !== undefined && origin.channelType !== channelType) return false;
    if (language === undefined) return true;
    const languages = languagesOf(origin);
    const best = Math.max(...languages.map((one) => languageFit(one, language)));
    const own = languageFit(origin.language, language);
    return best === 0 ? origin.language === (languages[0] ?? null) : own === best;
  }

  function languagesOf({ kind, itemId }: DocumentOrigin): (string | null)[] {
    if (kind === 'article') return base.article(itemId)?.versions.map((version) => version.language) ?? [];
    const reply = base.reply(itemId);
    return reply === undefined ? [] : [reply.language, ...reply.variants.map((variant) => variant.language)];
  }

  function titleOf({ kind, itemId, language }: DocumentOrigin): string {
    if (kind === 'canned-reply') return base.reply(itemId)?.title ?? '';
    const versions = base.article(itemId)?.versions ?? [];
    return (versions.find((version) => version.language === language) ?? versions[0])?.title ?? '';
  }

  async function explained(query: KnowledgeQuery) {
    // Away for a moment, the store must not take the answers with it that are known already.
    await base.catchUp().catch(deps.onError);
    const text = query.text.slice(0, maxQuery).toWellFormed().trim();
    if (text === '' || query.limit <= 0) return { passages: [], path: null };
    const isOpen = opennessFor(query);
    const accepts = (docId: string): boolean => {
      const origin = base.origin(docId);
      return origin !== undefined && isOpen(origin) && speaks(origin, query);
    };
    const vector = await deps.questionVector?.(text, query.vectorWithinMs);
    const focus = focusOf(text, query);
    const limit = query.limit + (focus === undefined ? 0 : lookedBeyond);
    const found = await base.index.search(text, { limit, accepts, vector, focus });
    const passages = found.slice(0, query.limit).flatMap(({ docId, passageId, text: words, score, focused }) => {
      const origin = base.origin(docId);
      if (origin === undefined) return [];
      const { kind, itemId: id, language } = origin;
      return {
        id: passageId,
        source: { kind, id, title: titleOf(origin) },
        text: words,
        score,
        ...(language === null ? {} : { language }),
        ...(focused === undefined ? {} : { relation: focused.relation }),
      };
    });
    return { passages, path: focus === undefined ? null : { ...focus.told, putDown: putDownOf(found, query.limit) } };
  }

  /** Without the graph the words still find. */
  function focusOf(text: string, { entities = [], about = [] }: KnowledgeQuery): ToldFocus | undefined {
    try {
      return deps.focus?.(text, { entities, about, now: clock.now() });
    } catch (error) {
      deps.onError(error);
      return undefined;
    }
  }

  function putDownOf(found: readonly FoundPassage[], limit: number): SearchPath['putDown'] {
    const others = found.flatMap(({ docId, focused }) => {
      const origin = base.origin(docId);
      if (origin === undefined || focused?.relation !== 'other' || focused.place >= limit) return [];
      return [{ title: titleOf(origin), about: focused.about, place: focused.place }];
    });
    const sorted = others.sort((one, other) => one.place - other.place).slice(0, mostPutDown);
    return sorted.map(({ title, about }) => ({ title, about }));
  }

  return {
    explained,
    languages: async () => {
      await base.catchUp().catch(deps.onError);
      const tags = new Set<string>();
      for (const { versions } of base.articles()) for (const { language } of versions) tags.add(language);
      for (const { language, variants } of base.replies())
        for (const tag of [language, ...variants.map((variant) => variant.language)]) if (tag !== null) tags.add(tag);
      return tags;
    },
    search: async (query) => (await explained(query)).passages,
    complete: async (query) => {
      await base.catchUp().catch(deps.onError);
      const typed = foldForSearch(query.text.slice(0, maxTyped).toWellFormed());
      if (typed === '' || query.limit <= 0) return [];
      const isOpen = opennessFor(query);
      const fitting = [...titlesFor(query)].flatMap((one) => {
        const fit = titleMatch(foldedTitle(one.title), typed);
        return fit !== undefined && isOpen({ kind: one.kind, itemId: one.id }) ? [{ one, fit }] : [];
      });
      fitting.sort(
        (a, b) => a.fit - b.fit || a.one.title.length - b.one.title.length || (a.one.title < b.one.title ? -1 : 1),
      );
      return fitting.slice(0, query.limit).map(({ one }) => one);
    },
  };

  function foldedTitle(title: string): string {
    const known = foldedTitles.get(title);
    if (known !== undefined) return known;
    const folded = foldForSearch(title);
    foldedTitles.set(title, folded);
    return folded;
  }

  /** Of an article the title in the language asked for, and all of them where none is; a reply has one. */
  function* titlesFor({ language }: KnowledgeQuery): Generator<KnowledgeTitle> {
    for (const { id, versions } of base.articles()) {
      const best = language === undefined ? undefined : bestVersion(versions, language);
      for (const { title, language: own } of best === undefined ? versions : [best])
        yield { kind: 'article', id, title, language: own };
    }
    for (const { id, title } of base.replies()) yield { kind: 'canned-reply', id, title };
  }
}
