import type { Clock } from '../../base/clock.ts';
import { Refusal } from '../../gateway/refusal.ts';
import type { DialogueStore } from '../dialogue/dialogue-store.ts';
import type { BotIntents } from '../intents/bot-intents.ts';
import type { ModelStore } from '../intents/model-store.ts';
import { documentKey, measuredOf, type Replays } from './replays.ts';
import { leastKnown, type Objection, verdictOf } from './verdict.ts';

/** What spoke against a version that somebody published all the same; kept with it. */
export interface Despite {
  readonly objections: readonly Objection[];
}

/** Keeps what is clearly worse from going live unless a person says that it shall. */
export interface PublishGate {
  /**
   * Whether a model may be published. The first one, and the one that served before (one click back), always may.
   *
   * @param anyway somebody has seen what speaks against it
   * @returns what is to be kept with the publication, in JSON; null: nothing spoke against it
   * @throws Refusal `worse-than-live` with the figures; `replay-needed` where it was not run over the past turns that there are
   */
  model(version: number, anyway: boolean): Promise<string | null>;
  /** The same of a document that was replayed; one that never was may be published. */
  document(kind: 'settings' | 'flows', document: unknown, anyway: boolean): Promise<string | null>;
}

const lookBackMs = 30 * 24 * 3_600_000;

export function createPublishGate(deps: {
  replays: Pick<Replays, 'found'>;
  intents: Pick<BotIntents, 'models'>;
  models: Pick<ModelStore, 'evaluation'>;
  dialogues: Pick<DialogueStore, 'decidedLast'>;
  clock: Pick<Clock, 'now'>;
}): PublishGate {
  const { replays, models } = deps;

  async function objectionsTo(version: number): Promise<readonly Objection[]> {
    const { published, former, serving } = await deps.intents.models();
    if (version === published?.version || version === former) return [];
    const found = await replays.found('model', String(version));
    if (found !== undefined) return found.verdict.objections;
    const to = deps.clock.now();
    const past =
      published === null ? [] : await deps.dialogues.decidedLast({ from: to - lookBackMs, to }, null, leastKnown);
    if (past.length >= leastKnown) return [neverReplayed(version)];
    const before = serving === null ? null : await measuredOf(models, serving);
    return verdictOf({ ...nothingKnown, measured: { before, after: await measuredOf(models, version) } }).objections;
  }

  return {
    model: async (version, anyway) => passed(await objectionsTo(version), anyway),
    document: async (kind, document, anyway) => {
      const found = await replays.found(kind, documentKey(document));
      return passed(found?.verdict.objections ?? [], anyway);
    },
  };
}

const nobody = { right: 0, wrong: 0, none: 0 };
const nothingKnown = {
  pairs: { known: 0, worse: 0, better: 0, before: nobody, after: nobody },
  troubles: { newly: 0, gone: 0 },
  utterances: { sure: 0, moved: 0 },
};

const neverReplayed = (version: number): Objection => ({
  code: 'not-replayed',
  data: {},
  text: `Version ${version} was not yet run over past conversations against what is live now: replay it first (POST /api/v1/bot/replays).`,
});

function passed(objections: readonly Objection[], anyway: boolean): string | null {
  const [first] = objections;
  if (first === undefined) return null;
  if (anyway) return JSON.stringify({ objections } satisfies Despite);
  const why = objections.map(({ text }) => text).join(' ');
  const isUnknown = first.code === 'not-replayed';
  throw new Refusal(
    isUnknown ? 'replay-needed' : 'worse-than-live',
    `${isUnknown ? '' : 'It is clearly worse than what is live, and was not published. '}${why} Publish it all the same with "anyway": true.`,
    { field: 'anyway' },
  );
}
