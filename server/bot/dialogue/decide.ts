import type { Flow, Flows } from '@parley/sdk/flow-document.ts';
import { languageFrom, languageMarks } from '../../conversation/language-of.ts';
import { yesOrNo } from '../entities/slots/slot-words.ts';
import type { IdentityOutcome } from '../identity-check/code-exchange.ts';
import type { Recognition } from '../intent/recognizer.ts';
import type { Passage, SearchPath } from '../ports.ts';
import { type ActThreshold, actThreshold } from './act-threshold.ts';
import { type BotSettings, botText, type IntentReaction } from './bot-settings.ts';
import { languagesFor, textIn } from './bot-texts.ts';
import {
  answeringBands,
  type Band,
  type BotMessage,
  type Decision,
  type HandOffReason,
  type Observations,
  type Outcome,
  type Said,
  type Stage,
} from './decision.ts';
import { chosenOf, cutText, type DialogueState, type OfferedChoice, withMore } from './dialogue-state.ts';
import { isLatin, languageOf } from './language-of.ts';
import { angerIn } from './mood.ts';
import { isPlainYes } from './plain-yes.ts';
import { folded, hasWord, requestIn } from './requests.ts';
import { type FlowTurn, runFlow } from './run-flow.ts';
import { saysTooLittle } from './says-too-little.ts';

/** Longer texts are read so far. */
export const mostRead = 2_000;
/** Longest text of an answer out of a passage. */
const longestPassage = 1_200;
/** Proposed where it is not clear what is meant. */
const mostProposed = 3;
/** Less likely ones are not proposed. */
const leastProposed = 0.05;
/** The same words so many times, one after the other, help nobody. */
const mostRepeats = 2;
const noneId = '-none-';
const leaveId = '-leave-';
const declineId = '-decline-';
const acceptId = '-accept-';
/** The bot has failed, and nothing else asks for a person: the customer may rather go on without one. */
const ownFailure: ReadonlySet<HandOffReason> = new Set([
  'not-understood',
  'not-sure',
  'not-helped',
  'not-told',
  'tool-failed',
  'repeats',
]);
/** An answer as short as that is in any language. */
const leastTelling = 12;
/** What a person must see, whether anybody is there or not. */
const forced: ReadonlySet<HandOffReason> = new Set(['max-turns', 'error', 'time-out', 'switched-off', 'flow-broken']);

export interface DecisionInput {
  readonly state: DialogueState;
  readonly said: Said;
  /** The flow with which it begins, as a routing rule says; absent or null: none. */
  readonly begins?: string | null;
  /** The channel shows the question whether an answer helped. */
  readonly canRate?: boolean;
  readonly observations: Observations;
  readonly settings: BotSettings;
  readonly flows: Flows;
}

/**
 * Decides what the bot does about what the customer said: pure, so that it can be explained, tried and replayed. It asks for
 * what it needs beside (`needs`) and is asked again with that; it never asks for the same twice, so it comes to an end.
 *
 * In this order: what asks for the bot itself or for a person; what policy keeps from it; what it has asked and waits for;
 * an answer that a person approved for the question; the intent where it is sure, one question back where it is not; the graph, passages, a language model over them; and
 * where all are silent, that it has not understood.
 */
export function decide(input: DecisionInput): Outcome {
  return new Turn(input).decide();
}

/** The decision where something went wrong on our side: a person gets the conversation, and the customer is told. */
export function handOffFor(
  reason: 'error' | 'time-out' | 'switched-off',
  input: Omit<DecisionInput, 'flows'>,
  why: string,
): Extract<Outcome, { kind: 'decided' }> {
  return new Turn({ ...input, flows: { flows: [] } }).giveUp(reason, why);
}

class Turn {
  readonly #input: DecisionInput;
  readonly #stages: Stage[] = [];
  readonly #text: string;
  readonly #language: string | null;
  #state: DialogueState;
  #identity: IdentityOutcome | undefined;

  constructor(input: DecisionInput) {
    this.#input = input;
    this.#text = input.said.text.slice(0, mostRead).trim();
    const { entities, language = languageOf(this.#text, input.state.language) } = input.observations;
    this.#language = language;
    const anger = Math.max(angerIn(this.#text), input.state.anger / 2);
    this.#state = withMore(
      { ...input.state, language: this.#language, anger },
      {
        ...(this.#text === '' ? {} : { asked: this.#text }),
        slots: Object.fromEntries(
          entities.map(({ type, value, unit }) => [type, unit === undefined ? value : `${value} ${unit}`]),
        ),
      },
    );
  }

  decide(): Outcome {
    const { said, settings, observations } = this.#input;
    const { pending } = this.#state;
    if (said.text.length > mostRead) this.#note('guard', 'cut', { length: said.text.length, read: mostRead });
    if (said.helped !== undefined) this.#note('guard', said.helped ? 'helped' : 'not-helped', {});
    if (this.#state.turns >= settings.handOff.maxTurns) return this.#handOff('max-turns', null);
    if (pending?.kind === 'leave-message' && pending.isWriting) return this.#takeMessage(pending);
    const request = requestIn(this.#text, { human: settings.handOff.words, stop: settings.stopWords });
    if (this.#text === '' && this.#toBegin() === undefined) {
      if (said.helped !== undefined) return this.#rated(said.helped);
      if (!said.isWordless) return this.#silent('empty');
      this.#note('guard', 'wordless', {});
      return pending?.kind === 'leave-message' ? this.#takeMessage(pending) : this.#miss();
    }
    if (pending?.kind === 'leave-message' && request !== 'human') return this.#offered(pending, request);
    const policy = this.#policy();
    if (policy !== undefined) return policy;
    if (request === 'human') {
      this.#note('request', 'human', {});
      return this.#handOff('asked', this.#groupOfIntent());
    }
    if (settings.handOff.vip && observations.vip) {
      this.#note('policy', 'vip', {});
      return this.#handOff('vip', this.#groupOfIntent());
    }
    const ruled = this.#ruled();
    if (ruled !== undefined) return ruled;
    const waited = this.#waited(request);
    if (waited !== undefined) return waited;
    if (request === 'greeting' || request === 'thanks') {
      this.#note('request', request, {});
      return this.#answer('request', [this.#own(request === 'thanks' ? 'thanks' : 'help')]);
    }
    return this.#begun() ?? this.#approved() ?? this.#understand(this.#text);
  }

  giveUp(reason: 'error' | 'time-out' | 'switched-off', why: string): Extract<Outcome, { kind: 'decided' }> {
    this.#note('hand-off', reason, { why: why.slice(0, 300) });
    return this.#handOff(reason, this.#groupOfIntent());
  }

  /** What policy keeps from the bot. */
  #policy(): Outcome | undefined {
    const { settings } = this.#input;
    for (const { name, words, groupId } of settings.sensitive) {
      const word = words.find((each) => hasWord(this.#text, each));
      if (word === undefined) continue;
      this.#note('policy', 'sensitive', { topic: name, word });
      return this.#handOff('sensitive', groupId);
    }
    const { anger } = settings.handOff;
    const measured = angerIn(this.#text);
    if (anger !== null && measured > 0 && measured >= anger) {
      this.#note('policy', 'anger', { anger: measured, atLeast: anger });
      return this.#handOff('anger', this.#groupOfIntent());
    }
    return undefined;
  }

  /** What the bot has asked, and what this says to it. */
  #waited(request: ReturnType<typeof requestIn>): Outcome | undefined {
    const { pending, flow } = this.#state;
    if (pending?.kind === 'hand-off') {
      const consented = this.#consented(pending, request);
      if (consented !== undefined) return consented;
    }
    if ((pending !== null || flow !== null) && request === 'stop') {
      this.#note('request', 'stop', {});
      this.#state = { ...this.#state, pending: null, flow: null };
      return this.#answer('request', [this.#own('stopped')]);
    }
    if (pending?.kind === 'did-you-mean' || pending?.kind === 'graph') {
      this.#state = { ...this.#state, pending: null };
      const chosen = chosenOf(pending.choices, this.#text);
      if (chosen === undefined) this.#note('pending', 'other', { asked: pending.kind });
      else return this.#chose(pending, chosen);
    }
    return flow === null ? undefined : this.#flow(flow.flowId);
  }

  /** Whether a person shall take over: whoever says another thing is heard, and not asked a second time. */
  #consented(
    { reason, groupId, choices }: { reason: string; groupId: string | null; choices: readonly OfferedChoice[] },
    request: ReturnType<typeof requestIn>,
  ): Outcome | undefined {
    this.#state = { ...this.#state, pending: null };
    const chosen = chosenOf(choices, this.#text);
    if (chosen?.id === acceptId || (chosen === undefined && isPlainYes(this.#text))) {
      this.#note('pending', 'accepted', { asked: 'hand-off' });
      return this.#handOff(reason as HandOffReason, groupId, [], true);
    }
    if (chosen?.id === declineId || (chosen === undefined && yesOrNo(this.#text) === 'no') || request === 'stop') {
      this.#note('pending', 'no-person', { asked: 'hand-off' });
      this.#state = { ...this.#state, misses: 0, unhelped: 0 };
      return this.#answer('request', [this.#own('help')]);
    }
    this.#note('pending', 'other', { asked: 'hand-off' });
    return undefined;
  }

  #chose(pending: { kind: 'did-you-mean' | 'graph'; text: string }, chosen: OfferedChoice): Outcome {
    if (chosen.id === noneId) {
      this.#note('pending', 'none', { asked: pending.kind });
      return pending.kind === 'graph' ? this.#passages(pending.text) : this.#graph(pending.text, null);
    }
    this.#note('pending', 'chosen', { asked: pending.kind, choice: chosen.label });
    if (pending.kind === 'graph') return this.#graph(pending.text, chosen.id);
    const reaction = this.#reactionTo(chosen.id);
    this.#state = { ...this.#state, intent: { name: chosen.id, confidence: 1 } };
    return reaction === undefined ? this.#graph(pending.text, null) : this.#act(reaction, pending.text);
  }

  /** A flow with which a routing rule has it begin, whatever was said. */
  #ruled(): Outcome | undefined {
    const { begins } = this.#input;
    if (begins === undefined || begins === null) return undefined;
    const flow = this.#toBegin();
    if (flow !== undefined) {
      this.#note('flow', 'ruled', { flow: flow.name });
      return this.#flow(flow.id);
    }
    const known = this.#input.flows.flows.find(({ id }) => id === begins);
    this.#note('flow', known === undefined ? 'gone' : 'switched-off', { flow: known?.name ?? begins });
    return undefined;
  }

  #toBegin(): Flow | undefined {
    const { begins } = this.#input;
    return begins === undefined || begins === null ? undefined : this.#flowOf(begins);
  }

  /** A flow that one of its words begins: an entry of a menu, which the recogniser need not be asked about. */
  #begun(): Outcome | undefined {
    const said = folded(this.#text);
    const flow = this.#input.flows.flows.find(
      ({ enabled, startWords }) => enabled && startWords.some((word) => folded(word) === said),
    );
    return flow === undefined ? undefined : this.#flow(flow.id);
  }

  /** What a person has approved as the answer to this question. */
  #approved(): Outcome | undefined {
    const { approved } = this.#input.observations;
    if (approved == null) return undefined;
    const { id, question, answer, kind, likeness } = approved;
    this.#note('approved', kind, { answer: id, question: question.slice(0, 200), likeness: rounded(likeness) });
    return this.#answer('approved', [answer], `approved answer: ${question.slice(0, 200)}`);
  }

  #understand(text: string): Outcome {
    const { recognition } = this.#input.observations;
    if (recognition === null) {
      this.#note('intent', 'no-model', {});
      return this.#graph(text, null);
    }
    return this.#byIntent(recognition, text);
  }

  #byIntent(recognition: Recognition, text: string): Outcome {
    const { settings } = this.#input;
    const { intent, confidence, candidates, doubt, embedding } = recognition;
    if (embedding === 'absent') this.#note('intent', 'without-vector', {});
    const { ask, margin } = settings.thresholds;
    const acting = this.#acting(recognition);
    this.#noteActing(acting, intent);
    const { act } = acting;
    const apart = (candidates[0]?.probability ?? 0) - (candidates[1]?.probability ?? 0);
    const figures = {
      confidence: rounded(confidence),
      act,
      margin: rounded(apart),
      ...(intent === null ? {} : { intent }),
      ...(doubt === null ? {} : { doubt }),
      ...(embedding === null ? {} : { embedding }),
    };
    if (intent !== null && confidence >= ask)
      this.#state = { ...this.#state, intent: { name: intent, confidence: rounded(confidence) } };
    if (intent !== null && confidence >= act && apart >= margin) {
      const reaction = this.#reactionTo(intent);
      this.#note('intent', reaction === undefined ? 'no-reaction' : 'sure', figures);
      return reaction === undefined ? this.#graph(text, null) : this.#act(reaction, text);
    }
    if (intent !== null && confidence >= ask) {
      const proposed = this.#proposed(recognition);
      // Asked back once: whoever says it in other words, and is not understood again, is not asked the same way.
      const isAskedBefore = this.#input.state.pending?.kind === 'did-you-mean';
      if (proposed.length > 0 && !isAskedBefore) {
        this.#note('intent', confidence >= act ? 'thin-margin' : 'not-sure', { ...figures, ask });
        return this.#ask('did-you-mean', text, this.#own('didYouMean'), proposed);
      }
    }
    this.#note('intent', 'unknown', { ...figures, ask });
    return this.#graph(text, null);
  }

  /** What was chosen from answers with vectors says nothing about one without. */
  #acting({ intent, embedding }: Recognition): ActThreshold {
    const { settings, observations } = this.#input;
    if (intent === null) return { act: settings.thresholds.act, why: 'general' };
    const chosen = embedding === 'absent' ? [] : observations.thresholds;
    return actThreshold(settings, { intent, language: this.#language }, chosen);
  }

  #noteActing(acting: ActThreshold, intent: string | null): void {
    if (intent === null || acting.why === 'general') return;
    const { act } = acting;
    if (acting.why === 'by-hand') {
      this.#note('intent', 'threshold-by-hand', { act, intent });
      return;
    }
    const { chosen } = acting;
    const { model } = this.#input.observations.versions;
    this.#note('intent', act > chosen.act ? 'threshold-raised' : 'threshold-curve', {
      ...{
        act,
        chosen: chosen.act,
        scope: [chosen.intent, chosen.language].filter((each) => each !== null).join(' · '),
      },
      ...{ answers: chosen.answers, right: percentOf(chosen.precision), target: percentOf(chosen.target) },
      ...(model === null ? {} : { model }),
    });
  }

  /** Those of the likeliest intents on which the bot knows what to do. */
  #proposed({ candidates }: Recognition): OfferedChoice[] {
    const likely = candidates.filter(
      ({ intent, probability }) => probability >= leastProposed && this.#reactionTo(intent) !== undefined,
    );
    return likely.slice(0, mostProposed).map(({ intent }) => ({ id: intent, label: this.#labelOf(intent) }));
  }

  #labelOf(intent: string): string {
    const labels = this.#reactionTo(intent)?.labels ?? {};
    return textIn(labels, ...this.#languages()) ?? intent;
  }

  #reactionTo(intent: string): IntentReaction | undefined {
    return this.#input.settings.reactions.find((each) => each.intent === intent);
  }

  #groupOfIntent(): string | null {
    const { intent } = this.#state;
    const { recognition } = this.#input.observations;
    const { ask } = this.#input.settings.thresholds;
    const said = recognition !== null && recognition.confidence >= ask ? recognition.intent : null;
    const name = said ?? intent?.name;
    return (name === undefined ? undefined : this.#reactionTo(name)?.groupId) ?? null;
  }

  #act(reaction: IntentReaction, text: string): Outcome {
    const { does, intent } = reaction;
    switch (does.kind) {
      case 'answer':
        return this.#answer('intent', [this.#textIn(does.texts)], `intent ${intent}`);
      case 'hand-off':
        return this.#handOff('intent', reaction.groupId);
      case 'flow':
        if (this.#flowOf(does.flowId) === undefined) {
          this.#note('flow', 'switched-off', { flow: does.flowId });
          return this.#graph(text, null);
        }
        return this.#flow(does.flowId);
      default:
        return does satisfies never;
    }
  }

  /** The answer to what was asked instead of telling what the flow waits for. */
  #aside(): string | undefined {
    const { recognition } = this.#input.observations;
    if (recognition?.intent == null) return undefined;
    const isSure = recognition.confidence >= this.#acting(recognition).act;
    const reaction = isSure ? this.#reactionTo(recognition.intent) : undefined;
    if (reaction?.does.kind !== 'answer') return undefined;
    this.#note('intent', 'aside', { intent: recognition.intent, confidence: rounded(recognition.confidence) });
    return this.#textIn(reaction.does.texts);
  }

  #flowOf(id: string): Flow | undefined {
    return this.#input.flows.flows.find((flow) => flow.id === id && flow.enabled);
  }

  #flow(flowId: string): Outcome {
    const flow = this.#flowOf(flowId);
    const position = this.#state.flow;
    if (flow === undefined) {
      this.#note('flow', 'gone', { flow: flowId });
      this.#state = { ...this.#state, flow: null };
      return this.#handOff('flow-broken', null);
    }
    const { observations } = this.#input;
    const { code } = this.#input.said;
    const turn = runFlow({
      flow,
      position,
      text: this.#text,
      entities: observations.entities,
      slots: this.#state.slots,
      languages: this.#languages(),
      called: observations.called,
      isProven: observations.isProven === true,
      ...(observations.contact === undefined ? {} : { contact: observations.contact }),
      proof: observations.proof ?? null,
      ...(code === undefined ? {} : { code }),
      codes: observations.codes ?? {},
      own: (key, values) => this.#own(key, values),
      yesNo: { yes: this.#own('yes'), no: this.#own('no') },
      askAgain: (question) => this.#own('askAgain', { question }),
    });
    if (turn.kind === 'calls') return { kind: 'needs', need: { kind: 'call', call: turn.call } };
    if (turn.kind === 'sends-code') return { kind: 'needs', need: { kind: 'send-code', request: turn.request } };
    if (turn.kind === 'types-code') return { kind: 'needs', need: { kind: 'type-code', typed: turn.typed } };
    this.#noteCalls(flow, turn.steps);
    this.#noteCodes(turn);
    const steps = turn.steps.join(' → ').slice(0, 300);
    this.#note('flow', turn.kind, { flow: flow.name, steps });
    this.#state = withMore(
      { ...this.#state, flow: turn.kind === 'waits' ? turn.position : null, misses: 0 },
      { slots: turn.slots },
    );
    if (turn.kind === 'hands-off') return this.#handOff(turn.why, turn.groupId ?? this.#groupOfIntent(), turn.messages);
    if (turn.messages.length === 0) return this.#answer('flow', [this.#own('help')]);
    const aside = turn.kind === 'waits' && turn.position.tries > 0 ? this.#aside() : undefined;
    if (aside !== undefined) return this.#decided('ask', 'flow', [said(aside), ...turn.messages], `flow ${flow.name}`);
    return this.#decided(turn.kind === 'waits' ? 'ask' : 'answer', 'flow', turn.messages, `flow ${flow.name}`);
  }

  /** Which addresses were called and what came of it; their paths may hold what the customer told. */
  #noteCalls(flow: Flow, walked: readonly string[]): void {
    for (const step of flow.steps) {
      const result = this.#input.observations.called[step.id];
      if (result === undefined || step.kind !== 'http' || !walked.includes(step.id)) continue;
      const host = URL.parse(step.url)?.host ?? '';
      const call = { step: step.id, method: step.method, host };
      if (result.kind === 'answered') this.#note('flow', 'called', { ...call, status: result.status });
      else this.#note('flow', 'call-failed', { ...call, why: result.why.slice(0, 200) });
    }
  }

  #noteCodes({ codes, identity }: FlowTurn): void {
    for (const { stepId, outcome, shown } of codes) this.#note('flow', outcome, { step: stepId, address: shown });
    this.#identity = identity;
  }

  #graph(text: string, chosen: string | null): Outcome {
    const { graph } = this.#input.observations;
    if (graph === undefined) return { kind: 'needs', need: { kind: 'graph', text, chosen } };
    if (graph === null) return this.#passages(text);
    if (graph.kind === 'nothing') {
      this.#note('graph', 'nothing', {});
      return this.#passages(text);
    }
    const path = graph.path.join(' → ').slice(0, 300);
    this.#state = withMore(this.#state, { about: graph.path });
    if (graph.kind === 'ask') {
      // One question, and no other one on top of it.
      const isAskedBefore = this.#input.state.pending?.kind === 'graph' && chosen === null;
      this.#note('graph', isAskedBefore ? 'asks-again' : 'asks', { path });
      return isAskedBefore || graph.choices.length === 0
        ? this.#passages(text)
        : this.#ask('graph', text, graph.question, graph.choices.slice(0, 8));
    }
    const atLeast = this.#input.settings.thresholds.graph;
    const figures = { confidence: rounded(graph.confidence), atLeast, path };
    if (graph.confidence >= atLeast) {
      this.#note('graph', 'answers', figures);
      return this.#answer('graph', [graph.text], `graph: ${path}`);
    }
    this.#note('graph', 'not-sure', figures);
    return this.#passages(text);
  }

  #passages(text: string): Outcome {
    const { passages, grounded, entities } = this.#input.observations;
    if (saysTooLittle(text, entities)) {
      this.#note('knowledge', 'too-little', {});
      return this.#miss();
    }
    if (passages === undefined) return { kind: 'needs', need: { kind: 'passages', text } };
    this.#noteSearchPath();
    const atLeast = this.#input.settings.thresholds.passage;
    // What is about another thing than the one that was named is no answer, however like its words are.
    const about = (passages ?? []).filter(({ relation }) => relation !== 'other');
    const fit = about.filter(({ score }) => score >= atLeast).toSorted((a, b) => b.score - a.score);
    const [best] = fit;
    if (best === undefined) {
      const nearest = Math.max(0, ...about.map(({ score }) => score));
      this.#note('knowledge', passages === null ? 'no-search' : 'nothing', { score: rounded(nearest), atLeast });
      return this.#miss();
    }
    const figures = { score: rounded(best.score), atLeast, source: best.source.title.slice(0, 200) };
    if (grounded === undefined) return { kind: 'needs', need: { kind: 'grounded', text, passages: fit } };
    if (grounded === null || grounded.kind === 'failed') {
      if (grounded !== null) this.#note('language-model', 'failed', { why: grounded.why.slice(0, 200) });
      this.#note('knowledge', 'answers', figures);
      return this.#answer('knowledge', [this.#cited(extractOf(best), [best])], sourceOf(best));
    }
    this.#note('knowledge', 'found', figures);
    if (grounded.kind === 'abstained') {
      this.#note('language-model', 'abstains', { why: grounded.why.slice(0, 200) });
      return this.#miss();
    }
    const named = fit.filter(({ id }) => grounded.citations.includes(id));
    const cited = named.length === 0 ? [best] : named;
    const sources = cited.map(sourceOf).join('; ');
    this.#note('language-model', 'answers', { sources: sources.slice(0, 300) });
    return this.#answer('language-model', [this.#cited(grounded.text, cited)], sources);
  }

  /** By what the graph knows passages were looked for, and which were left out. */
  #noteSearchPath(): void {
    const { searchPath } = this.#input.observations;
    if (searchPath == null) return;
    const { linked, widened, putDown } = searchPath;
    const said = linked.filter((one) => one.said !== null);
    const before = linked.filter((one) => one.said === null);
    if (said.length > 0) this.#note('knowledge', 'linked', { linked: listed(said.map(linkInWords)) });
    if (before.length > 0) this.#note('knowledge', 'linked-before', { linked: listed(before.map(linkInWords)) });
    if (widened.length > 0) this.#note('knowledge', 'widened', { names: listed(widened) });
    if (putDown.length > 0) {
      const titles = putDown.map(({ title, about }) => `“${title.slice(0, 100)}” (${about.join(', ')})`);
      this.#note('knowledge', 'put-down', { titles: listed(titles) });
    }
  }

  /**
   * Customers know articles by their titles, and read them where they have an address; canned replies have theirs for agents
   * alone.
   */
  #cited(text: string, passages: readonly Passage[]): string {
    const articles = passages.filter(({ source }) => source.kind === 'article' && source.title.trim() !== '');
    if (!this.#input.settings.citeSources || articles.length === 0) return text;
    const named = new Set(
      articles.map(({ source: { title, url } }) => (url === undefined ? title : `${title} ${url}`)),
    );
    const hasLink = articles.some(({ source }) => source.url !== undefined);
    // An address by itself at the end of a line is taken whole, on whichever platform.
    const titles = [...named].join(hasLink ? '\n' : ' · ');
    return `${text}\n\n${this.#own('source', { titles })}`;
  }

  #miss(): Outcome {
    const { handOff } = this.#input.settings;
    const misses = this.#state.misses + 1;
    this.#state = { ...this.#state, misses };
    this.#note('miss', 'not-understood', { misses, most: handOff.misses });
    if (handOff.whenNotSure === 'hand-off') return this.#handOff('not-sure', this.#groupOfIntent());
    if (misses >= handOff.misses) return this.#handOff('not-understood', this.#groupOfIntent());
    return this.#decided('ask', 'miss', [said(this.#own('notUnderstood'))]);
  }

  /** Nothing but whether the answer before helped. */
  #rated(helped: boolean): Outcome {
    const { pending, flow } = this.#state;
    if (helped || pending !== null || flow !== null) return this.#decided('silent', 'silent', []);
    const { handOff } = this.#input.settings;
    const unhelped = this.#state.unhelped + 1;
    this.#state = { ...this.#state, unhelped };
    this.#note('miss', 'not-helped', { times: unhelped, most: handOff.misses });
    if (handOff.whenNotSure === 'hand-off' || unhelped >= handOff.misses)
      return this.#handOff('not-helped', this.#groupOfIntent());
    return this.#decided('ask', 'miss', [said(this.#own('notHelped'))]);
  }

  #ask(kind: 'did-you-mean' | 'graph', text: string, question: string, among: readonly OfferedChoice[]): Outcome {
    const choices = [...among, { id: noneId, label: this.#own('noneOfThese') }];
    this.#state = { ...this.#state, pending: { kind, text, choices } };
    return this.#decided('ask', kind, [{ text: question, choices }]);
  }

  #answer(band: Band, texts: readonly string[], source?: string): Outcome {
    if (band !== 'request') this.#state = { ...this.#state, misses: 0 };
    return this.#decided('answer', band, texts.map(said), source);
  }

  #silent(why: string): Outcome {
    this.#note('guard', why, {});
    return this.#decided('silent', 'silent', []);
  }

  /** The customer was asked whether they leave a message. */
  #offered(
    pending: NonNullable<DialogueState['pending']> & { kind: 'leave-message' },
    request: ReturnType<typeof requestIn>,
  ): Outcome {
    const chosen = chosenOf(pending.choices, this.#text);
    if (chosen?.id === leaveId) {
      this.#note('pending', 'chosen', { asked: pending.kind, choice: chosen.label });
      this.#state = { ...this.#state, pending: { ...pending, isWriting: true } };
      return this.#decided('ask', 'leave-message', [said(this.#own('writeMessage'))]);
    }
    if (chosen?.id === declineId || request === 'stop') {
      this.#note('pending', 'declined', { asked: pending.kind });
      this.#state = { ...this.#state, pending: null, misses: 0 };
      return this.#answer('leave-message', [this.#own('help')]);
    }
    // Whoever writes on instead of pressing a button has written the message.
    return this.#takeMessage(pending);
  }

  #takeMessage({ reason, groupId }: { reason: string; groupId: string | null }): Outcome {
    this.#note('pending', 'message', { asked: 'leave-message' });
    this.#state = { ...this.#state, pending: null };
    return this.#decided('hand-off', 'leave-message', [said(this.#own('messageTaken'))], undefined, {
      reason: reason as HandOffReason,
      groupId,
    });
  }

  #handOff(
    reason: HandOffReason,
    group: string | null,
    before: readonly BotMessage[] = [],
    isWanted = false,
  ): Extract<Outcome, { kind: 'decided' }> {
    const { settings, observations } = this.#input;
    const groupId = group ?? settings.handOff.groupId;
    this.#state = { ...this.#state, flow: null, pending: null };
    const isAsked = this.#input.state.pending?.kind === 'hand-off';
    if (observations.isOpen && settings.handOff.askFirst && ownFailure.has(reason) && !isWanted && !isAsked) {
      this.#note('hand-off', 'asks-first', { reason });
      const choices = [
        { id: acceptId, label: this.#own('yesPlease') },
        { id: declineId, label: this.#own('noMessage') },
      ];
      this.#state = { ...this.#state, pending: { kind: 'hand-off', reason, groupId, choices } };
      return this.#decided('ask', 'hand-off', [...before, { text: this.#own('askPerson'), choices }]);
    }
    if (observations.isOpen) {
      this.#note('hand-off', reason, {});
      return this.#decided('hand-off', 'hand-off', [...before, said(this.#own('handOff'))], undefined, {
        reason,
        groupId,
      });
    }
    if (forced.has(reason)) {
      this.#note('hand-off', 'closed', { reason });
      return this.#decided('hand-off', 'hand-off', [...before, said(this.#own('messageTaken'))], undefined, {
        reason,
        groupId,
      });
    }
    this.#note('hand-off', 'offers-message', { reason });
    const choices = [
      { id: leaveId, label: this.#own('leaveMessage') },
      { id: declineId, label: this.#own('noMessage') },
    ];
    this.#state = { ...this.#state, pending: { kind: 'leave-message', reason, groupId, choices, isWriting: false } };
    const opens = observations.opensAt === null ? '' : ` (${observations.opensAt})`;
    const offer = { text: this.#own('outsideHours', { opens }), choices };
    return this.#decided('ask', 'leave-message', [...before, offer]);
  }

  #decided(
    act: Decision['act'],
    band: Band,
    messages: readonly BotMessage[],
    source?: string,
    handOff: Decision['handOff'] = null,
  ): Extract<Outcome, { kind: 'decided' }> {
    const last = messages.at(-1)?.text;
    const isSame = last !== undefined && act === 'answer' && cutText(last) === this.#state.tried.at(-1)?.text;
    const repeats = act === 'answer' ? (isSame ? this.#state.repeats + 1 : 0) : this.#state.repeats;
    this.#state = { ...this.#state, repeats };
    if (repeats >= mostRepeats && band !== 'request') {
      this.#note('guard', 'repeats', { times: repeats });
      this.#state = { ...this.#state, repeats: 0 };
      return this.#handOff('repeats', this.#groupOfIntent());
    }
    const greeting =
      this.#input.state.turns === 0 && (act === 'answer' || act === 'ask')
        ? this.#own('greeting', { name: this.#own('name') })
        : '';
    const { canRate, settings } = this.#input;
    const isAsked = act === 'answer' && answeringBands.has(band) && settings.askIfHelped && canRate === true;
    const isForeign = act === 'answer' && answeringBands.has(band) && this.#isForeign(last ?? '');
    const spoken = [
      ...(greeting.trim() === '' ? [] : [said(greeting)]),
      ...(isForeign ? [said(this.#own('otherLanguage'))] : []),
      ...messages,
      ...(isAsked ? [{ ...said(this.#own('didThisHelp')), asksIfHelped: true as const }] : []),
    ];
    const tried = source === undefined || last === undefined ? {} : { tried: { text: last, source } };
    const state = withMore({ ...this.#state, turns: this.#state.turns + (act === 'silent' ? 0 : 1) }, tried);
    const { versions } = this.#input.observations;
    const identity = this.#identity === undefined ? {} : { identity: this.#identity };
    const decision: Decision = {
      ...{ act, band, messages: spoken, handOff, stages: this.#stages, versions },
      ...identity,
    };
    return { kind: 'decided', decision, state };
  }

  /** An answer that is not in the customer's language is never given as if it were. */
  #isForeign(answer: string): boolean {
    const words = answer.replace(/\S+:\/\/\S+|\S+@\S+/g, ' ').trim();
    if (this.#language === null || words.length < leastTelling) return false;
    const given = foreignTo(this.#language, words);
    if (given === null) return false;
    this.#note('guard', 'other-language', { language: this.#language, given });
    return true;
  }

  #note(stage: Stage['stage'], outcome: string, data: Stage['data']): void {
    this.#stages.push({ stage, outcome, data });
  }

  #own(key: Parameters<typeof botText>[1], values: Readonly<Record<string, string>> = {}): string {
    return botText(this.#input.settings, key, this.#language, values);
  }

  #languages(): string[] {
    return languagesFor(this.#language, this.#input.settings.language);
  }

  #textIn(texts: Readonly<Record<string, string>>): string {
    return textIn(texts, ...this.#languages()) ?? '';
  }
}

/** Languages of Latin letters that a text's smallest words tell apart. */
const toldByWords: ReadonlySet<string> = new Set(['en', 'es', 'fr', 'de']);

/** The language of a text, where it is plainly another one: by its letters, or by its words where both are of Latin ones. */
function foreignTo(language: string, text: string): string | null {
  const wanted = language.toLowerCase().split('-', 1)[0] ?? language;
  const byLetters = languageOf(text, wanted);
  if (byLetters === null || byLetters === wanted) return null;
  if (byLetters !== 'en' || !isLatin(wanted)) return byLetters;
  const byWords = languageFrom(languageMarks(text));
  const isTold = byWords != null && byWords !== wanted && toldByWords.has(byWords) && toldByWords.has(wanted);
  return isTold ? byWords : null;
}

/** As much as a record keeps. */
const listed = (parts: readonly string[]): string => parts.join(' · ').slice(0, 300);

function linkInWords({ said, names, above }: SearchPath['linked'][number]): string {
  const what = names.join(' / ') + (above.length === 0 ? '' : ` (${above.join(', ')})`);
  return said === null ? what : `“${said}” → ${what}`;
}

const said = (text: string): BotMessage => ({ text, choices: [] });
const rounded = (value: number) => Math.round(value * 1_000) / 1_000;
const percentOf = (share: number) => Math.round(share * 1_000) / 10;

function sourceOf({ source }: Passage): string {
  return `${source.kind} ${source.title}`;
}

/** So much of a passage as fits into an answer, cut where a sentence ends. */
function extractOf({ text }: Passage): string {
  const whole = text.trim();
  if (whole.length <= longestPassage) return whole;
  const cut = whole.slice(0, longestPassage);
  const end = Math.max(cut.lastIndexOf('。'), cut.lastIndexOf('. '), cut.lastIndexOf('\n'), cut.lastIndexOf('！'));
  return `${(end > longestPassage / 2 ? cut.slice(0, end + 1) : cut).trim()} …`;
}
