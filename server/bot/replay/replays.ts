import { createHash } from 'node:crypto';
import type { ChosenThreshold } from '@parley/sdk/bot-measures.ts';
import type { Flows } from '@parley/sdk/flow-document.ts';
import type { Clock } from '../../base/clock.ts';
import { newId } from '../../base/ids.ts';
import { createNotedWorks, isSilent, silentMs } from '../../base/noted-work.ts';
import type { ConversationStore } from '../../conversation/conversation-store.ts';
import { type Problem, problemOf, Refusal } from '../../gateway/refusal.ts';
import { masked } from '../../knowledge/suggestions/mask.ts';
import type { PublishedDocument } from '../../publishing/published-document.ts';
import type { BotSettings } from '../dialogue/bot-settings.ts';
import type { DialogueStore } from '../dialogue/dialogue-store.ts';
import { isFromCustomer, saidIn } from '../dialogue/said.ts';
import type { BotIntents } from '../intents/bot-intents.ts';
import type { ModelStore } from '../intents/model-store.ts';
import { UnusableModel } from '../intents/recognizer-thread.ts';
import { readModel } from '../intents/stored-models.ts';
import { chosenIn } from '../intents/thresholds.ts';
import type { ModelFacts } from '../intents/training-protocol.ts';
import type { LabelStore } from '../labels/label-store.ts';
import type { LeftOut } from './past-turn.ts';
import { readPastTurns } from './past-turns.ts';
import { type Recognizing, startRecognizing } from './recognizing-thread.ts';
import type { CandidateKind, ReplayStore, StoredReplay } from './replay-store.ts';
import { askBoth, type ReplayDeps, type ReplayModel, type ReplaySide, replayTurns } from './run-replay.ts';
import { type Disagreement, type ExampleTurn, noneKnown, type TallyResult } from './tally.ts';
import { type MeasuredVersion, type Verdict, type VerdictInput, verdictOf } from './verdict.ts';

/** What is tried: a stored model, or a draft of a document as it would be published. */
export type Candidate =
  | { readonly kind: 'model'; readonly version: number }
  | { readonly kind: 'settings' | 'flows'; readonly document: unknown };

/** What came of a replay. Times are epoch milliseconds. */
export interface ReplayResult extends TallyResult {
  readonly from: number;
  readonly to: number;
  /** Of the turns: what was asked first in conversations that people had. */
  readonly firstQuestions: number;
  /** There were more turns than are looked at: the newest were. */
  readonly isCut: boolean;
  /** `diverged`: both had parted ways before. */
  readonly leftOut: LeftOut & { readonly stepGone: number; readonly diverged: number };
  /** Of a model: utterances that both are sure about, and those that moved to another intent. */
  readonly utterances: VerdictInput['utterances'];
  /** Of a model: the stored cross-validation of both. */
  readonly measured: NonNullable<VerdictInput['measured']> | null;
  readonly verdict: Verdict;
}

export interface ReplayView extends Pick<StoredReplay, 'id' | 'kind' | 'candidate' | 'live' | 'days' | 'createdAt'> {
  readonly state: StoredReplay['state'];
  readonly progress: number;
  /** Whether what was live then is live still: only then it says something about publishing now. */
  readonly isCurrent: boolean;
}

/** Replays: begun here, told of by every process of the installation. One at a time runs, whichever process it is. */
export interface Replays {
  /**
   * Begins one; it goes on by itself.
   * @throws Refusal `settings-invalid` as publishing does, `not-found`, `conflict` for a model that cannot be used or while
   * one is under way anywhere
   */
  start(candidate: Candidate, options: { days: number }, by: string): Promise<ReplayView>;
  /** With what was found, and the words of the examples as they are now, masked. @throws Refusal `not-found` */
  get(id: string): Promise<ReplayView & { result: ShownResult | null; problem: Problem | null }>;
  /** Newest first. */
  list(): Promise<ReplayView[]>;
  /** Cancels one that is under way, wherever it runs, or forgets its result. @throws Refusal `not-found` */
  remove(id: string): Promise<void>;
  /** What the newest replay of a candidate against what is live now found; undefined: there is none. */
  found(kind: CandidateKind, candidate: string): Promise<ReplayResult | undefined>;
  /** What is under way here ends, and says so. */
  stop(): Promise<void>;
}

export type ShownExample = ExampleTurn & { readonly text: string | null };
export type ShownResult = Omit<ReplayResult, 'disagreements'> & {
  readonly disagreements: readonly (Omit<Disagreement, 'examples'> & { readonly examples: readonly ShownExample[] })[];
};

export interface ReplaysDeps extends ReplayDeps {
  readonly store: ReplayStore;
  readonly dialogues: Pick<DialogueStore, 'decidedLast' | 'decisions' | 'outcomes'>;
  readonly labels: Pick<LabelStore, 'of'>;
  readonly messages: Pick<ConversationStore, 'messages' | 'heads' | 'contact' | 'list'>;
  readonly models: ModelStore;
  readonly intents: Pick<BotIntents, 'model' | 'library'>;
  readonly settings: Pick<PublishedDocument<BotSettings>, 'current' | 'check'>;
  readonly flows: Pick<PublishedDocument<Flows>, 'current' | 'check'>;
  readonly clock: Clock;
}

const dayMs = 24 * 3_600_000;
/** Turns of one replay: the newest. */
const mostTurns = 5_000;
const mostFirstQuestions = 1_000;
const mostUtterances = 2_000;
const kept = 20;
/** Utterances are so much of all that is to be done. */
const utterancesShare = 0.15;
const longestExample = 300;

const interrupted = JSON.stringify({
  code: 'unavailable',
  detail: 'The process that ran the replay has ended: begin again.',
});
const stoppedRefusal = () =>
  new Refusal('unavailable', 'The server was stopped meanwhile: begin again.', { retryAfterMs: 5_000 });

/** How a document is known before it has a version: by what is in it. */
export const documentKey = (document: unknown): string =>
  createHash('sha256').update(JSON.stringify(document)).digest('hex');

export function createReplays(deps: ReplaysDeps): Replays {
  const { store, models, clock, onError } = deps;
  const works = createNotedWorks({ onError });

  const liveKey = () => {
    const { version = 0, thresholdSet } = deps.intents.model;
    const model = thresholdSet === 0 ? version : `${version}.${thresholdSet}`;
    return `${model}/${deps.settings.current.version}/${deps.flows.current.version}`;
  };

  async function start(candidate: Candidate, { days }: { days: number }, by: string): Promise<ReplayView> {
    const checked = await check(candidate);
    if (works.isStopped) throw stoppedRefusal();
    const now = clock.now();
    const asked: StoredReplay = {
      ...{ id: newId(now), state: 'running', progress: 0, kind: candidate.kind, candidate: checked.key },
      ...{ live: liveKey(), days, result: null, requestedBy: by, createdAt: now, seenAt: now },
    };
    await store.keepNewest(kept - 1);
    const running = await store.begin(asked, now - silentMs, interrupted);
    if (running.id !== asked.id)
      throw new Refusal('conflict', `A replay is under way (${running.progress} %): wait for its end, or cancel it.`);
    begin(asked, checked.differs);
    return view(asked);
  }

  /** @returns how the candidate is known, and what it is beside what is live */
  async function check(candidate: Candidate): Promise<{ key: string; differs: Differing }> {
    switch (candidate.kind) {
      case 'model': {
        const { version } = candidate;
        if ((await models.get(version)) === undefined)
          throw new Refusal('not-found', `There is no model version ${version}.`, { field: 'version' });
        return { key: String(version), differs: { version } };
      }
      case 'settings': {
        const document = deps.settings.check(candidate.document);
        return { key: documentKey(document), differs: { settings: { version: 0, document } } };
      }
      case 'flows': {
        const document = deps.flows.check(candidate.document);
        return { key: documentKey(document), differs: { flows: { version: 0, document } } };
      }
      default:
        return candidate satisfies never;
    }
  }

  /**
   * Both sides, with their models in one thread, which takes memory until it is closed.
   * @throws Refusal `conflict` for a model that cannot be used
   */
  async function openSides({ version: candidate, ...documents }: Differing): Promise<OpenSides> {
    const { version: served } = deps.intents.model;
    const versions = new Set([served, candidate].filter((version) => version !== undefined));
    try {
      const bytes = new Map<string, Uint8Array<ArrayBuffer>>();
      for (const version of versions) bytes.set(String(version), await readModel(models, version));
      const recognizing = await startRecognizing(bytes);
      const sideOf = async (version: number | undefined): Promise<ReplaySide> => ({
        ...{ settings: deps.settings.current, flows: deps.flows.current },
        ...(version === undefined ? {} : { model: modelOf(String(version), recognizing, await chosenFor(version)) }),
        intents: version === undefined ? new Set() : await intentsOf(version),
      });
      const before = await sideOf(served);
      return { before, after: { ...(await sideOf(candidate ?? served)), ...documents }, close: recognizing.close };
    } catch (error) {
      if (!(error instanceof UnusableModel)) throw error;
      throw new Refusal('conflict', error.message, { cause: error });
    }
  }

  async function chosenFor(version: number): Promise<readonly ChosenThreshold[]> {
    const [set] = await models.thresholds(version, 1);
    return set === undefined ? [] : chosenIn(set);
  }

  async function intentsOf(version: number): Promise<ReadonlySet<string>> {
    const found = await models.get(version);
    return new Set(found === undefined ? [] : (JSON.parse(found.facts) as ModelFacts).intents);
  }

  function begin(replay: StoredReplay, differs: Differing): void {
    const { id } = replay;
    let share = 0;
    const onProgress = (next: number) => {
      share = next;
      if (liveKey() !== replay.live) throw overtaken();
    };
    works.begin({
      id,
      run: (signal) => compute(replay, differs, { signal, onProgress }),
      note: () => store.note(id, Math.min(99, Math.floor(100 * share)), clock.now()),
      done: (result) => store.end(id, 'done', JSON.stringify(result), clock.now()),
      failed: (error) => {
        if (!(error instanceof Refusal)) onError(error);
        const problem = problemOf(error, 'The replay failed: the log of the server says why.');
        return store.end(id, 'failed', JSON.stringify(problem), clock.now());
      },
    });
  }

  async function compute(
    { kind, candidate, days, createdAt: to }: StoredReplay,
    differs: Differing,
    { signal, onProgress }: { signal: AbortSignal; onProgress: (share: number) => void },
  ): Promise<ReplayResult> {
    const { before, after, close } = await openSides(differs);
    try {
      const range = { from: to - days * dayMs, to };
      const leftOut: LeftOut = { withoutState: 0, withoutWords: 0 };
      let counted = { decided: 0, first: 0 };
      const turns = readPastTurns(deps, {
        ...{ range, most: mostTurns, mostFirst: mostFirstQuestions, leftOut, signal },
        onCounted: (count) => {
          counted = count;
        },
      });
      const turnsShare = kind === 'model' ? 1 - utterancesShare : 1;
      const { tally, stepGone, diverged, firstQuestions } = await replayTurns(turns, { before, after }, deps, {
        signal,
        onTurn: (count) => onProgress((turnsShare * count) / Math.max(1, counted.decided + counted.first)),
      });
      const onText = (done: number) => onProgress(turnsShare + utterancesShare * done);
      const utterances = kind === 'model' ? await askUtterances({ before, after }, signal, onText) : none;
      const measured = kind === 'model' ? await measuredBoth(Number(candidate)) : null;
      const { pairs, troubles } = tally;
      const verdict = verdictOf({ pairs, troubles, utterances, ...(measured === null ? {} : { measured }) });
      const isCut = counted.decided >= mostTurns || counted.first >= mostFirstQuestions;
      return {
        ...tally,
        ...range,
        firstQuestions,
        isCut,
        leftOut: { ...leftOut, stepGone, diverged },
        utterances,
        measured,
        verdict,
      };
    } finally {
      await close();
    }
  }

  async function askUtterances(
    sides: { before: ReplaySide; after: ReplaySide },
    signal: AbortSignal,
    onShare: (share: number) => void,
  ) {
    if (sides.before.model === undefined) return none;
    const { examples } = await deps.intents.library.trainingData();
    const all = examples.flatMap(({ utterances }) => utterances);
    const step = Math.max(1, Math.ceil(all.length / mostUtterances));
    const some = all.filter((_, at) => at % step === 0);
    return askBoth(some, sides, { signal, onText: (count) => onShare(count / some.length) });
  }

  async function measuredBoth(candidate: number): Promise<NonNullable<ReplayResult['measured']>> {
    const { version } = deps.intents.model;
    return {
      before: version === undefined ? null : await measuredOf(models, version),
      after: await measuredOf(models, candidate),
    };
  }

  function view(replay: Omit<StoredReplay, 'result'>): ReplayView {
    const { id, progress, kind, candidate, live: of, days, createdAt } = replay;
    const state = isSilent(replay, clock.now()) ? 'failed' : replay.state;
    const isCurrent = of === liveKey();
    return { id, state, progress, kind, candidate, live: of, days, createdAt, isCurrent };
  }

  async function get(id: string) {
    const found = await mustHave(id);
    const shown = view(found);
    if (shown.state === 'failed')
      return { ...shown, result: null, problem: JSON.parse(found.result ?? interrupted) as Problem };
    const result = shown.state === 'done' ? await resultOf(found) : null;
    return { ...shown, result: result === null ? null : await withWords(result), problem: null };
  }

  /** What was found. A model that was being measured meanwhile is judged anew with its figures. */
  async function resultOf({ kind, candidate, result: text }: StoredReplay): Promise<ReplayResult> {
    const stored = JSON.parse(text ?? 'null') as ReplayResult;
    // Those of before these were counted have none of them.
    const result: ReplayResult = {
      ...stored,
      knownBy: { ...noneKnown(), ...stored.knownBy },
      leftOut: { ...stored.leftOut, diverged: stored.leftOut.diverged ?? 0 },
    };
    if (kind !== 'model' || result.measured === null || result.measured.after !== null) return result;
    const measured = { ...result.measured, after: await measuredOf(models, Number(candidate)) };
    return { ...result, measured, verdict: verdictOf({ ...result, measured }) };
  }

  async function mustHave(id: string): Promise<StoredReplay> {
    const found = await store.get(id);
    if (found === undefined) throw new Refusal('not-found', `There is no replay ${id}: the last ${kept} are kept.`);
    return found;
  }

  /** What was said in the examples is read now: what was erased meanwhile is gone here, too. */
  async function withWords(result: ReplayResult): Promise<ShownResult> {
    const ids = [...new Set(result.disagreements.flatMap(({ examples }) => examples.map((one) => one.conversationId)))];
    const names = new Map<string, string | undefined>();
    for (const { id, contactId } of await deps.messages.heads(ids))
      names.set(id, (await deps.messages.contact(contactId))?.name);
    const disagreements: ShownResult['disagreements'][number][] = [];
    for (const group of result.disagreements) {
      const examples: ShownExample[] = [];
      for (const one of group.examples) examples.push({ ...one, text: await wordsOf(one, names) });
      disagreements.push({ ...group, examples });
    }
    return { ...result, disagreements };
  }

  async function wordsOf(
    { conversationId, seq, fromSeq }: ExampleTurn,
    names: ReadonlyMap<string, string | undefined>,
  ): Promise<string | null> {
    if (!names.has(conversationId)) return null;
    const range = { after: fromSeq - 1, before: seq + 1, limit: 50, publicOnly: true };
    const said = saidIn((await deps.messages.messages(conversationId, range)).filter(isFromCustomer));
    return masked(said.text, { contact: names.get(conversationId), agent: undefined }).slice(0, longestExample);
  }

  return {
    start,
    get,
    list: async () => (await store.list(kept)).map(view),
    remove: async (id) => {
      const { state } = await mustHave(id);
      if (state !== 'running') await store.remove(id);
      else await store.end(id, 'cancelled', null, clock.now());
      works.drop(id);
    },
    found: async (kind, candidate) => {
      const stored = await store.newest({ kind, candidate, live: liveKey() });
      return stored === undefined ? undefined : resultOf(stored);
    },
    stop: () => works.stop(stoppedRefusal()),
  };
}

/** What a candidate has that is not live. */
interface Differing {
  readonly version?: number;
  readonly settings?: ReplaySide['settings'];
  readonly flows?: ReplaySide['flows'];
}

interface OpenSides {
  readonly before: ReplaySide;
  readonly after: ReplaySide;
  readonly close: () => Promise<void>;
}

const modelOf = (version: string, { recognize }: Recognizing, thresholds: readonly ChosenThreshold[]): ReplayModel => ({
  version,
  thresholds,
  recognize: (texts) => recognize(version, texts),
});

const none = { sure: 0, moved: 0 };
const overtaken = () =>
  new Refusal('conflict', 'What is live was changed meanwhile, so that both would not be compared: begin again.');

/** What the stored cross-validation of a version says; null: it has not been measured (yet). */
export async function measuredOf(
  models: Pick<ModelStore, 'evaluation'>,
  version: number,
): Promise<MeasuredVersion | null> {
  const text = await models.evaluation(version);
  if (text === null) return null;
  const { asked, accuracy, precision, coverage } = JSON.parse(text) as MeasuredVersion;
  return { asked, accuracy, precision, coverage };
}
