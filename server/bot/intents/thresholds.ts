import type {
  Acted,
  ChosenThreshold,
  ThresholdGroup,
  ThresholdPoint,
  ThresholdProposal,
  ThresholdScope,
  ThresholdsView,
} from '@parley/sdk/bot-measures.ts';
import type { Clock } from '../../base/clock.ts';
import { Refusal } from '../../gateway/refusal.ts';
import { actThreshold } from '../dialogue/act-threshold.ts';
import type { BotSettings } from '../dialogue/bot-settings.ts';
import {
  actedUpon,
  answersNeeded,
  type CellCurve,
  type CurveStep,
  curvesOf,
  isWithin,
  joined,
  leastShare,
  proposedFrom,
  proposeFrom,
  rounded,
  scopesOf,
} from './choose-thresholds.ts';
import type { Evaluation } from './evaluation.ts';
import type { MeasuredAnswers } from './measured-answers.ts';
import type { ModelStore, ThresholdSet } from './model-store.ts';

type Settings = Pick<BotSettings, 'thresholds' | 'intentThresholds'>;

export interface Thresholds {
  /** @throws Refusal `not-found` */
  view(version: number, settings: Settings): Promise<ThresholdsView>;
  /** What answering from each confidence on gives. @throws Refusal `not-found` */
  curve(version: number, scope: ThresholdScope): Promise<readonly ThresholdPoint[]>;
  /**
   * Takes proposals over, or takes thresholds away again.
   * @param take `all`: each that there is a proposal for
   * @throws Refusal `not-found`; `bad-request` with the field where nothing is proposed for a scope, or nothing was taken over;
   * `conflict` where it was not measured, or somebody else has changed them meanwhile
   */
  change(
    version: number,
    settings: Settings,
    change: {
      readonly take: 'all' | readonly ThresholdScope[];
      readonly drop: readonly ThresholdScope[];
      readonly base: number | null;
    },
    author: ThresholdSet['author'],
  ): Promise<void>;
  /** To what held before the last change. @throws Refusal `not-found`, `conflict` where there is nothing to go back to */
  back(version: number, author: ThresholdSet['author']): Promise<void>;
}

/** Thresholds that are proposed from a version's own measured answers, and stay with that version. */
export function createThresholds(deps: {
  store: Pick<ModelStore, 'get' | 'list' | 'evaluation' | 'thresholds' | 'choose'>;
  /** The version that answers in this process, and what to do when its thresholds have changed. */
  model: { readonly version: number | undefined; thresholdsChanged(): Promise<void> };
  clock: Pick<Clock, 'now'>;
}): Thresholds {
  const { store, model, clock } = deps;

  async function answersOf(version: number): Promise<MeasuredAnswers | undefined> {
    if ((await store.get(version)) === undefined)
      throw new Refusal('not-found', `There is no model version ${version}.`);
    const text = await store.evaluation(version);
    return text === null ? undefined : (JSON.parse(text) as Evaluation).answers;
  }

  async function formerOf(version: number): Promise<ThresholdsView['former']> {
    for (const other of await store.list()) {
      if (other.version === version) continue;
      const [set] = await store.thresholds(other.version, 1);
      const thresholds = set === undefined ? 0 : chosenIn(set).length;
      if (thresholds > 0) return { version: other.version, thresholds };
    }
    return null;
  }

  async function choose(
    version: number,
    n: number,
    chosen: readonly ChosenThreshold[],
    author: ThresholdSet['author'],
  ) {
    const set = { version, n, chosen: JSON.stringify(chosen), author, at: clock.now() };
    if (!(await store.choose(set))) throw changedMeanwhile();
    await model.thresholdsChanged();
  }

  return {
    view: async (version, settings) => {
      const answers = await answersOf(version);
      const [[set, previous], former] = await Promise.all([store.thresholds(version, 2), formerOf(version)]);
      const chosen = set === undefined ? [] : chosenIn(set);
      const { precision: target, act, ask } = settings.thresholds;
      return {
        ...{ version, isServing: model.version === version, target, act, ask, needed: answersNeeded(target) },
        measured: answers === undefined ? null : measuredView(answers, settings, chosen),
        chosen: set === undefined ? null : { n: set.n, by: set.author.name, at: set.at, thresholds: chosen },
        back: set === undefined ? null : previous === undefined ? 0 : chosenIn(previous).length,
        former,
      };
    },
    curve: async (version, scope) => {
      const answers = await answersOf(version);
      if (answers === undefined) throw notMeasured(version);
      const cells = curvesOf(answers).filter((cell) => isWithin(cell, scope));
      if (cells.length === 0)
        throw new Refusal('not-found', 'No answer of this intent in this language was measured.', { field: 'intent' });
      const belong = cells.reduce((sum, cell) => sum + cell.belong, 0);
      return joined(cells).map((step) => pointOf(step, belong));
    },
    change: async (version, settings, { take, drop, base }, author) => {
      const answers = await answersOf(version);
      if (answers === undefined) throw notMeasured(version);
      const [set] = await store.thresholds(version, 1);
      if (base !== (set?.n ?? null)) throw changedMeanwhile();
      const { precision: target, ask: floor } = settings.thresholds;
      const proposed = proposedFrom(curvesOf(answers), { target, floor });
      const taken =
        take === 'all' ? proposed : take.map((scope, at) => find(proposed, scope, `take[${at}]`, notProposed));
      const before = set === undefined ? [] : chosenIn(set);
      const dropped = drop.map((scope, at) => find(before, scope, `drop[${at}]`, notTaken));
      const left = before.filter((one) => !dropped.includes(one) && !taken.some((other) => isSameScope(one, other)));
      const next = [...left, ...taken].toSorted(byScope);
      if (JSON.stringify(next) === JSON.stringify(before)) return;
      await choose(version, (set?.n ?? 0) + 1, next, author);
    },
    back: async (version, author) => {
      if ((await store.get(version)) === undefined)
        throw new Refusal('not-found', `There is no model version ${version}.`);
      const [set, previous] = await store.thresholds(version, 2);
      if (set === undefined)
        throw new Refusal(
          'conflict',
          `No threshold was taken over for version ${version}: there is nothing to go back to.`,
        );
      await choose(version, set.n + 1, previous === undefined ? [] : chosenIn(previous), author);
    },
  };
}

export const chosenIn = ({ chosen }: Pick<ThresholdSet, 'chosen'>): ChosenThreshold[] =>
  JSON.parse(chosen) as ChosenThreshold[];

function measuredView(
  answers: MeasuredAnswers,
  settings: Settings,
  chosen: readonly ChosenThreshold[],
): NonNullable<ThresholdsView['measured']> {
  const curves = curvesOf(answers);
  const { precision: target, ask: floor } = settings.thresholds;
  const groups = scopesOf(curves).map((scope): ThresholdGroup => {
    const cells = curves.filter((cell) => isWithin(cell, scope));
    const proposal = proposeFrom(joined(cells), { target, floor });
    const own = chosen.find((one) => isSameScope(one, scope)) ?? null;
    return {
      ...scope,
      belong: cells.reduce((sum, cell) => sum + cell.belong, 0),
      now: nowIn(cells, settings, chosen),
      proposal: proposal.kind === 'proposed' ? { ...proposal, ...shares(proposal) } : proposal,
      before: actedUpon(cells, actsBy(settings, chosen)),
      after:
        proposal.kind !== 'proposed'
          ? null
          : actedUpon(cells, actsBy(settings, [...without(chosen, scope), asChosen(scope, proposal, target)])),
      chosen: own,
    };
  });
  const all = mergedWith(chosen, proposedFrom(curves, { target, floor }));
  return {
    groups,
    before: actedUpon(curves, actsBy(settings, chosen)),
    after: actedUpon(curves, actsBy(settings, all)),
    checked: checkOnOtherHalf(answers, settings, chosen),
  };
}

/** What taking all proposals over does to answers that they were not chosen from. */
export function checkOnOtherHalf(
  answers: MeasuredAnswers,
  settings: Settings,
  chosen: readonly ChosenThreshold[] = [],
): { before: Acted; after: Acted } {
  const { precision: target, ask: floor } = settings.thresholds;
  const halves = [curvesOf(answers, 0), curvesOf(answers, 1)] as const;
  const sums = ([0, 1] as const).map((half) => {
    const looked = halves[half === 0 ? 1 : 0];
    const taken = mergedWith(chosen, proposedFrom(halves[half], { target, floor }));
    return { before: actedUpon(looked, actsBy(settings, chosen)), after: actedUpon(looked, actsBy(settings, taken)) };
  });
  const both = (which: 'before' | 'after') =>
    sums.reduce(
      (sum, { [which]: one }) => ({
        ...{ asked: sum.asked + one.asked, right: sum.right + one.right, wrong: sum.wrong + one.wrong },
        outside: Math.round(10 * (sum.outside + one.outside)) / 10,
      }),
      { asked: 0, right: 0, wrong: 0, outside: 0 },
    );
  return { before: both('before'), after: both('after') };
}

const actsBy =
  (settings: Settings, chosen: readonly ChosenThreshold[]) =>
  (cell: { readonly intent: string; readonly language: string | null }): number =>
    actThreshold(settings, cell, chosen).act;

/** What holds in all of some cells. */
function nowIn(cells: readonly CellCurve[], settings: Settings, chosen: readonly ChosenThreshold[]) {
  const held = cells.map((cell) => actThreshold(settings, cell, chosen));
  const [first] = held;
  if (first === undefined || held.some(({ act, why }) => act !== first.act || why !== first.why)) return null;
  return { act: first.act, why: first.why };
}

function pointOf({ from, right, wrong, outside }: CurveStep, belong: number): ThresholdPoint {
  const whole = right + wrong + outside;
  return {
    from,
    precision: whole === 0 ? null : rounded(right / whole),
    atLeast: whole === 0 ? null : rounded(leastShare(right, whole)),
    coverage: belong === 0 ? null : rounded(right / belong),
    answers: Math.round(whole),
  };
}

function shares({ precision, atLeast }: { precision: number; atLeast: number }) {
  return { precision: rounded(precision), atLeast: rounded(atLeast) };
}

function asChosen(
  scope: ThresholdScope,
  { act, answers, precision, atLeast }: Extract<ThresholdProposal, { kind: 'proposed' }>,
  target: number,
): ChosenThreshold {
  return { intent: scope.intent, language: scope.language, act, target, answers, precision, atLeast };
}

const isSameScope = (a: ThresholdScope, b: ThresholdScope) => a.intent === b.intent && a.language === b.language;
const without = (chosen: readonly ChosenThreshold[], scope: ThresholdScope) =>
  chosen.filter((one) => !isSameScope(one, scope));
const mergedWith = (chosen: readonly ChosenThreshold[], taken: readonly ChosenThreshold[]) => [
  ...chosen.filter((one) => !taken.some((other) => isSameScope(one, other))),
  ...taken,
];

function byScope(a: ThresholdScope, b: ThresholdScope): number {
  const [one, other] = [keyOf(a), keyOf(b)];
  return one < other ? -1 : Number(one > other);
}
const keyOf = ({ intent, language }: ThresholdScope) => `${intent ?? ''}\n${language ?? ''}`;

function find(
  among: readonly ChosenThreshold[],
  scope: ThresholdScope,
  field: string,
  missing: (scope: string) => string,
): ChosenThreshold {
  const found = among.find((one) => isSameScope(one, scope));
  if (found !== undefined) return found;
  const name = [scope.intent ?? 'any intent', scope.language ?? 'any language'].join(', ');
  throw new Refusal('bad-request', `${field}: ${missing(name)}`, { field });
}

const notProposed = (scope: string) =>
  `no threshold is proposed for ${scope}: its answers are too few, or not right enough.`;
const notTaken = (scope: string) => `no threshold was taken over for ${scope}.`;
const changedMeanwhile = () =>
  new Refusal(
    'conflict',
    'Somebody else has changed the thresholds of this version just now: look at them, then try again.',
  );
const notMeasured = (version: number) =>
  new Refusal('conflict', `Version ${version} was not measured, or by an older program: train again.`);
