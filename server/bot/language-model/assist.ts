import { Refusal } from '../../gateway/refusal.ts';
import type { KnowledgeSearch, Passage } from '../ports.ts';
import { factsOf } from './facts.ts';
import { passageFloor } from './grounded-answers.ts';
import { type NumberedPassage, unstated, whyUnsupported } from './grounding.ts';
import type { AskRequest, LanguageModel } from './language-model.ts';
import {
  answerPrompt,
  mostPassages,
  noAnswer,
  numbered,
  type RewriteStyle,
  rewritePrompt,
  rewriteStyles,
  type Said,
  summaryPrompt,
  translatePrompt,
} from './prompts.ts';
import { citedSentencesOf, withoutCitations } from './sentences.ts';

/** What a language model does for an agent. */
export const assistTasks = ['draft', 'rewrite', 'translate', 'summarise'] as const;
export type AssistTask = (typeof assistTasks)[number];

export interface AssistRequest {
  readonly conversationId: string;
  readonly agentId: string;
  readonly task: AssistTask;
  /** The agent's text: what is rewritten or translated. Without it the customer's last words are translated. */
  readonly draft?: string;
  /** `rewrite`: how; `translate` and `summarise`: the language's code, or `customer` for the customer's own. */
  readonly to?: string;
  readonly signal: AbortSignal;
}

/** A piece of the text as it comes; at the end the whole of it, which is what counts, and what to look at before it is sent. */
export type AssistPiece =
  | { readonly kind: 'text'; readonly text: string }
  | {
      readonly kind: 'done';
      readonly text: string;
      /** Sentences that their sources do not hold, or that state what the original does not. */
      readonly warnings: readonly string[];
      readonly sources: readonly Passage['source'][];
    }
  /** `no-passage`: the knowledge base has nothing on it; `cannot-tell`: what it has does not answer. */
  | { readonly kind: 'nothing'; readonly why: 'no-passage' | 'cannot-tell' };

export interface AssistedConversation {
  readonly channelId: string;
  readonly channelType: string;
  readonly names: readonly string[];
  /** Oldest first; no notes. */
  readonly said: readonly Said[];
}

export interface Assist {
  /**
   * @throws Refusal `bad-request` where there is nothing to work on; as `LanguageModel.ask`; `not-found`
   */
  run(request: AssistRequest): AsyncGenerator<AssistPiece, void>;
  /** What is offered, and the channels in which nothing is. */
  offered(): Promise<boolean>;
}

/** What the customer said last, and nobody answered. */
const mostLastWords = 3;
const fallbackLanguage = 'en';

export function createAssist(deps: {
  model: Pick<LanguageModel, 'ask' | 'isFor'>;
  search: KnowledgeSearch;
  conversation: (id: string) => Promise<AssistedConversation>;
}): Assist {
  const { model } = deps;

  async function* draft(request: AssistRequest, about: AssistedConversation): AsyncGenerator<AssistPiece, void> {
    const question = lastWords(about.said).join('\n');
    if (question === '')
      throw new Refusal('bad-request', 'The customer has not written anything that could be answered.');
    const { channelType } = about;
    const passages = await deps.search.search({
      text: question,
      channelType,
      audience: 'agent',
      agentId: request.agentId,
      limit: mostPassages,
    });
    const likely = passages.filter(({ score }) => score >= passageFloor);
    const given = numbered(likely);
    if (given.length === 0) return yield { kind: 'nothing', why: 'no-passage' };
    const answer = ask(request, about, (mask) =>
      answerPrompt({
        question: mask(question),
        passages: given.map(({ id, text }) => ({ id, text: mask(text) })),
        language: undefined,
      }),
    );
    let whole = '';
    const shown = citationFilter();
    for await (const piece of answer) {
      whole += piece;
      // What cannot be answered is said in one word of ours, which nobody needs to see.
      if (noAnswer.startsWith(whole.trim())) continue;
      if (whole.includes(noAnswer)) return yield { kind: 'nothing', why: 'cannot-tell' };
      const text = shown.upTo(whole);
      if (text !== '') yield { kind: 'text', text };
    }
    if (whole.includes(noAnswer)) return yield { kind: 'nothing', why: 'cannot-tell' };
    yield { kind: 'done', text: withoutCitations(whole), ...judgedDraft(whole, likely, given) };
  }

  async function* transform(
    request: AssistRequest,
    about: AssistedConversation,
    source: string,
    messages: AskRequest['messages'],
  ): AsyncGenerator<AssistPiece, void> {
    let whole = '';
    for await (const text of ask(request, about, messages)) {
      whole += text;
      yield { kind: 'text', text };
    }
    yield { kind: 'done', text: whole.trim(), warnings: changedIn(whole, source), sources: [] };
  }

  function ask(request: AssistRequest, about: AssistedConversation, messages: AskRequest['messages']) {
    const { task, conversationId, signal } = request;
    const { channelId, names } = about;
    return model.ask({ task, use: 'assist', conversationId, channelId, names, messages, signal });
  }

  return {
    offered: () => model.isFor('assist'),
    run: async function* (request) {
      const { task, to } = request;
      const about = await deps.conversation(request.conversationId);
      if (!(await model.isFor('assist', about.channelId)))
        throw new Refusal('unavailable', 'The language model is off in this channel.');
      const own = request.draft?.trim() ?? '';
      switch (task) {
        case 'draft':
          return yield* draft(request, about);
        case 'rewrite': {
          if (own === '')
            throw new Refusal('bad-request', 'draft: write something to be rewritten.', { field: 'draft' });
          return yield* transform(request, about, own, (mask) => rewritePrompt(mask(own), styleOf(to)));
        }
        case 'translate': {
          const words = lastWords(about.said);
          const source = own === '' ? words.join('\n') : own;
          if (source === '')
            throw new Refusal('bad-request', 'draft: there is nothing to translate.', { field: 'draft' });
          if (to === 'customer' && words.length === 0)
            throw new Refusal('bad-request', "to: the customer's language is not known yet.", { field: 'to' });
          return yield* transform(request, about, source, (mask) =>
            translatePrompt(mask(source), to === 'customer' ? words.map(mask) : languageOf(to)),
          );
        }
        case 'summarise': {
          const { said } = about;
          if (said.length === 0) throw new Refusal('bad-request', 'Nothing was said yet.');
          const source = said.map(({ text }) => text).join('\n');
          return yield* transform(request, about, source, (mask) =>
            summaryPrompt(
              said.map(({ by, text }) => ({ by, text: mask(text) })),
              languageOf(to),
            ),
          );
        }
        default:
          task satisfies never;
      }
    },
  };
}

/** @throws Refusal `bad-request` */
function styleOf(to: string | undefined): RewriteStyle {
  const style = rewriteStyles.find((one) => one === (to ?? 'friendlier'));
  if (style !== undefined) return style;
  throw new Refusal('bad-request', `to: expected one of ${rewriteStyles.join(', ')}.`, { field: 'to' });
}

/** @throws Refusal `bad-request`: what is no language's code would be words to the model */
function languageOf(to: string = fallbackLanguage): string {
  if (/^[a-z]{2,3}(?:-[A-Za-z0-9]{2,8}){0,2}$/.test(to)) return to;
  throw new Refusal('bad-request', "to: expected a language's code, as en or zh-CN.", { field: 'to' });
}

function lastWords(said: readonly Said[]): string[] {
  const lastAnswer = said.findLastIndex(({ by }) => by !== 'customer');
  const open = said.slice(lastAnswer + 1);
  const words = open.length > 0 ? open : said.filter(({ by }) => by === 'customer').slice(-1);
  return words.slice(-mostLastWords).map(({ text }) => text);
}

/** Shows a text as it grows without the numbers of its passages, one of which may be cut in two. */
function citationFilter(): { upTo(whole: string): string } {
  let shown = '';
  return {
    upTo: (whole) => {
      const open = /\s*[[【［][\d\s,，、;]*$/.exec(whole)?.index ?? whole.length;
      const text = withoutCitations(whole.slice(0, open));
      if (!text.startsWith(shown)) return '';
      const more = text.slice(shown.length);
      shown = text;
      return more;
    },
  };
}

function judgedDraft(whole: string, likely: readonly Passage[], given: readonly NumberedPassage[]) {
  const all = given.map(({ text }) => text).join('\n');
  const used = new Set<number>();
  const warnings = citedSentencesOf(whole).flatMap(({ text, cites }) => {
    const sources = cites.flatMap((number) => given[number - 1]?.text ?? []);
    for (const number of cites) used.add(number - 1);
    return whyUnsupported(text, sources.length === 0 ? all : sources.join('\n')) === undefined ? [] : [text];
  });
  const sources = likely.filter((_, at) => used.has(at)).map(({ source }) => source);
  return { warnings, sources };
}

/** Sentences that state an amount, a link or a date that their original does not. */
function changedIn(text: string, source: string): string[] {
  const given = factsOf(source);
  return citedSentencesOf(text).flatMap((sentence) => {
    const why = unstated(factsOf(sentence.text), given);
    return why === undefined || why === 'promise' ? [] : [sentence.text];
  });
}
