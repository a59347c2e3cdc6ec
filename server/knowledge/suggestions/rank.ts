import type { SuggestionCount } from './suggestion-store.ts';

/** What may be recommended, before it is ranked. */
export interface Candidate {
  /** What its use is counted under: kind and id. */
  readonly source: string;
  readonly text: string;
  /** How likely it answers by its words alone: 0 … 1. */
  readonly base: number;
  readonly language?: string | undefined;
  readonly channelType?: string | undefined;
}

export interface Situation {
  readonly language?: string | undefined;
  readonly channelType: string;
  /** The situations whose counts count, the general one (empty) first. */
  readonly names: readonly string[];
  /** What the agent has written so far. */
  readonly draft: string;
}

/** Before anything is known of a source: sent three times of ten, with the weight of twenty. */
const prior = { rate: 0.3, weight: 20 } as const;
/** The general rate weighs as much as so many times in the situation at hand. */
const situationWeight = 6;
/** However often one agent had it before the eyes, it weighs no more than so many times. */
const agentWeight = 3;
/** An answer that had to be changed is worth half of one that had not. */
const editedWorth = 0.5;
/** By how much use can lift or lower a source, in logits. */
const mostByUse = 1.6;

/**
 * How often a source is of use, smoothed twice (beta prior; situations shrink to the general rate), so that one click
 * decides nothing; what one agent does counts up to a bound, so that nobody decides alone.
 */
export function rateOf(counts: readonly SuggestionCount[], situation: string): number {
  const general = smoothed(counts, '', prior.rate, prior.weight);
  return situation === '' ? general : smoothed(counts, situation, general, situationWeight);
}

function smoothed(counts: readonly SuggestionCount[], situation: string, around: number, weight: number): number {
  let successes = around * weight;
  let trials = weight;
  for (const { situation: name, shown, used, edited } of counts) {
    if (name !== situation || shown <= 0) continue;
    const counted = (shown * agentWeight) / (shown + agentWeight);
    trials += counted;
    successes += (counted * Math.max(0, used - edited * editedWorth)) / shown;
  }
  return successes / trials;
}

export interface Ranked<T extends Candidate> {
  readonly candidate: T;
  /** 0 … 1. */
  readonly score: number;
}

/** The best first; those that hardly answer are left out. */
export function rank<T extends Candidate>(
  candidates: readonly T[],
  counts: readonly SuggestionCount[],
  situation: Situation,
): Ranked<T>[] {
  const bySource = Map.groupBy(counts, ({ source }) => source);
  return candidates
    .map((candidate) => ({
      candidate,
      score: scoreOf(candidate, bySource.get(candidate.source) ?? [], situation),
    }))
    .filter(({ score }) => score >= floor)
    .toSorted((a, b) => b.score - a.score || (a.candidate.source < b.candidate.source ? -1 : 1));
}
/** Under it, an answer is more likely wrong than a help. */
const floor = 0.3;

function scoreOf(candidate: Candidate, counts: readonly SuggestionCount[], situation: Situation): number {
  const rate = rateOf(counts, situation.names.at(-1) ?? '');
  const byUse = Math.max(-mostByUse, Math.min(mostByUse, 1.3 * (logit(rate) - logit(prior.rate))));
  const byLanguage = isOther(candidate.language, situation.language) ? -2 : 0;
  const byChannel = isOther(candidate.channelType, situation.channelType) ? -0.1 : 0;
  return sigmoid(logit(candidate.base) + byUse + byLanguage + byChannel + byDraft(candidate.text, situation.draft));
}

const isOther = (a: string | undefined, b: string | undefined) =>
  a !== undefined && b !== undefined && a.split('-')[0] !== b.split('-')[0];

/** What begins as the agent does is what they mean to write; what shares none of their words is not. */
function byDraft(text: string, draft: string): number {
  const written = draft.trim().toLowerCase();
  if (written.length < 2) return 0;
  const whole = text.toLowerCase();
  if (whole.startsWith(written)) return 2.5;
  const words = written.match(/[\p{Script=Han}]|[\p{L}\p{N}]+/gu) ?? [];
  const found = words.filter((word) => whole.includes(word)).length;
  return words.length === 0 ? 0 : (2 * found) / words.length - 1;
}

function logit(probability: number): number {
  const inside = Math.min(0.97, Math.max(0.02, probability));
  return Math.log(inside / (1 - inside));
}
const sigmoid = (value: number) => 1 / (1 + Math.exp(-value));
