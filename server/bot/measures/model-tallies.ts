import type { GroundedMetrics } from '../language-model/grounded-answers.ts';
import type { ModelMetrics } from '../language-model/language-model.ts';
import type { Tallies } from './tallies.ts';

/** What is kept of requests to a language model and of its answers to customers. */
export function modelTallies(tallies: Pick<Tallies, 'count' | 'time'>): ModelMetrics & GroundedMetrics {
  const { count, time } = tallies;
  return {
    asked: (task) => count(`asked:${task}`),
    tokens: (task, direction, n) => count(`tokens:${task}:${direction}`, n),
    cost: (task, amount, { currency, tokens }) => {
      if (amount > 0) count(`cost:${task}:${currency}`, Math.round(amount * 1e6));
      else count(`unpriced:${task}`, tokens);
    },
    failed: (task, reason) => count(`failed:${task}:${reason}`),
    first: (task, ms) => time(`first:${task}`, ms),
    whole: (task, ms) => time(`whole:${task}`, ms),
    took: () => undefined,
    answered: (outcome) => count(`answer:${outcome}`),
    checked: ({ held, dropped, citations, citationsHeld }) => {
      count('sentences:held', held);
      count('sentences:dropped', dropped);
      count('citations:held', citationsHeld);
      count('citations:not-held', citations - citationsHeld);
    },
  };
}

/** Tells both. */
export function bothOf(one: ModelMetrics & GroundedMetrics, other: ModelMetrics & GroundedMetrics) {
  const both: ModelMetrics & GroundedMetrics = {
    asked: (task) => {
      one.asked(task);
      other.asked(task);
    },
    tokens: (task, direction, n) => {
      one.tokens(task, direction, n);
      other.tokens(task, direction, n);
    },
    cost: (task, amount, of) => {
      one.cost(task, amount, of);
      other.cost(task, amount, of);
    },
    failed: (task, reason) => {
      one.failed(task, reason);
      other.failed(task, reason);
    },
    first: (task, ms) => {
      one.first(task, ms);
      other.first(task, ms);
    },
    whole: (task, ms) => {
      one.whole(task, ms);
      other.whole(task, ms);
    },
    took: (task, ms) => {
      one.took(task, ms);
      other.took(task, ms);
    },
    answered: (outcome) => {
      one.answered(outcome);
      other.answered(outcome);
    },
    checked: (counts) => {
      one.checked(counts);
      other.checked(counts);
    },
  };
  return both;
}
