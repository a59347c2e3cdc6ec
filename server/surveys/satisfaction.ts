import { type Satisfaction, type SatisfactionReport, type SurveyHad, surveyHads } from '@parley/sdk/protocol.ts';
import type { Survey, SurveyStore } from './survey-store.ts';

/** Read at once, and the most that are counted one by one. */
const pageSize = 2_000;
const mostCounted = 200_000;
/** Rows of one table of the report. */
const mostShown = 200;
/** The normal distribution's 97.5 % point: an interval of 95 %. */
const z = 1.959964;

/** What is counted; every field narrows it. */
export interface SatisfactionFilter {
  readonly had?: SurveyHad;
  readonly channelType?: string;
  readonly groupId?: string;
  readonly agentId?: string;
  readonly language?: string;
}

type Outline = Pick<Survey, 'score'>;

/** Counts questions of a time and their answers, split by who had the conversation, and by what it belonged to. */
export async function satisfactionReport(
  store: Pick<SurveyStore, 'asked'>,
  range: { from: number; to: number },
  filter: SatisfactionFilter = {},
): Promise<SatisfactionReport> {
  const total: Outline[] = [];
  const had: Record<SurveyHad, Outline[]> = { bot: [], person: [], mixed: [] };
  const by = { groups: new Sorted(), agents: new Sorted(), channelTypes: new Sorted(), languages: new Sorted() };
  const skipped: SatisfactionReport['skipped'] = {};
  let counted = 0;
  let isCut = false;
  for (let after = { at: range.from, no: 0 }; !isCut; ) {
    const page = await store.asked(range, after, pageSize);
    for (const survey of page) {
      counted += 1;
      if (!isWanted(survey, filter)) continue;
      if (survey.state === 'skipped') {
        if (survey.why !== null) skipped[survey.why] = (skipped[survey.why] ?? 0) + 1;
        continue;
      }
      const { state, score } = survey;
      if (state === 'asking') continue;
      const one = { score };
      total.push(one);
      if (survey.had !== null) had[survey.had].push(one);
      by.groups.add(survey.groupId, one);
      // What the bot had alone says nothing of any person.
      if (survey.had !== 'bot') by.agents.add(survey.agentId, one);
      by.channelTypes.add(survey.channelType, one);
      by.languages.add(survey.language, one);
    }
    const last = page.at(-1);
    if (last === undefined || page.length < pageSize) break;
    after = { at: last.askedAt, no: last.no };
    isCut = counted >= mostCounted;
  }
  return {
    ...range,
    total: satisfactionOf(total),
    had: Object.fromEntries(surveyHads.map((key) => [key, satisfactionOf(had[key])])) as SatisfactionReport['had'],
    groups: by.groups.rows(),
    agents: by.agents.rows(),
    channelTypes: by.channelTypes.rows(),
    languages: by.languages.rows(),
    ...{ skipped, isCut },
  };
}

/** The share of 4 and 5 of the answers, with its interval. */
export function satisfactionOf(surveys: readonly Outline[]): Satisfaction {
  const scores = surveys.flatMap(({ score }) => (score === null ? [] : [score]));
  const answers = scores.length;
  const satisfied = scores.filter((score) => score >= 4).length;
  const [low, high] = wilson(satisfied, answers) ?? [null, null];
  return {
    ...{ asked: surveys.length, answers, satisfied, low, high },
    unsatisfied: scores.filter((score) => score <= 2).length,
    share: answers === 0 ? null : satisfied / answers,
    mean: answers === 0 ? null : scores.reduce((sum, score) => sum + score, 0) / answers,
    answerRate: surveys.length === 0 ? null : answers / surveys.length,
  };
}

/**
 * Where the true share lies with 95 %, also of few answers and near 0 and 1.
 *
 * @see Wilson, Probable Inference, the Law of Succession, and Statistical Inference (1927)
 */
export function wilson(hits: number, of: number): [low: number, high: number] | undefined {
  if (of === 0) return undefined;
  const share = hits / of;
  const spread = z * Math.sqrt((share * (1 - share)) / of + (z * z) / (4 * of * of));
  const middle = share + (z * z) / (2 * of);
  const whole = 1 + (z * z) / of;
  return [Math.max(0, (middle - spread) / whole), Math.min(1, (middle + spread) / whole)];
}

function isWanted(survey: Omit<Survey, 'comment'>, filter: SatisfactionFilter): boolean {
  return Object.entries(filter).every(
    ([key, value]) => value === undefined || survey[key as keyof SatisfactionFilter] === value,
  );
}

class Sorted {
  readonly #all = new Map<string | null, Outline[]>();
  add(id: string | null, one: Outline): void {
    const list = this.#all.get(id);
    if (list === undefined) this.#all.set(id, [one]);
    else list.push(one);
  }
  rows(): ({ id: string | null } & Satisfaction)[] {
    return [...this.#all]
      .map(([id, surveys]) => ({ id, ...satisfactionOf(surveys) }))
      .sort((a, b) => b.answers - a.answers || b.asked - a.asked || ((a.id ?? '') < (b.id ?? '') ? -1 : 1))
      .slice(0, mostShown);
  }
}
