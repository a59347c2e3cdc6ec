import type { Clock } from '../../base/clock.ts';
import type { LanguageModel } from '../language-model/language-model.ts';
import type { ModelConfigs } from '../language-model/model-config.ts';
import { type EmbeddingUse, embeddingUses } from '../language-model/model-settings.ts';
import type { Tallies } from '../measures/tallies.ts';
import { createEmbedder, type EmbeddingModel, type VectorStore } from './embedder.ts';
import { type LocalModel, type LocalModelState, openLocalModel } from './local-model.ts';
import type { ModelFolder } from './model-folder.ts';
import { createTextVectors, type TextVectors, type VectorCounts } from './text-vectors.ts';

/** Vectors of texts for whatever uses them, by the settings: from the language model's server or a folder of this machine. */
export interface Embeddings extends Readonly<Record<EmbeddingUse, TextVectors>> {
  state(): Promise<EmbeddingsState>;
  /** Forgets vectors that were made long ago: of texts that nobody has any more, as a rule. */
  run(signal: AbortSignal): Promise<void>;
  stop(): Promise<void>;
}

export interface EmbeddingsState {
  /** Of this process; null: no folder is named. */
  readonly local: (LocalModelState & { readonly dir: string }) | null;
  readonly uses: Readonly<Record<EmbeddingUse, VectorCounts & { readonly model: string | undefined }>>;
}

/** @param deps.folder of the local model; it is loaded in the background. undefined: there is none, and nothing is loaded */
export function createEmbeddings(deps: {
  configs: Pick<ModelConfigs, 'current'>;
  model: Pick<LanguageModel, 'embed' | 'embeddingModel'>;
  store: VectorStore;
  folder: ModelFolder | undefined;
  /** Counts where vectors of questions come from. */
  tallies?: Pick<Tallies, 'count'>;
  clock: Clock;
  onError: (error: unknown) => void;
}): Embeddings {
  const { configs, store, folder, clock, onError } = deps;
  const local = folder === undefined ? undefined : openLocalModel(folder);
  void local?.settled.then(() => {
    if ('detail' in local.state) onError(new Error(`PARLEY_EMBEDDING_MODEL_DIR: ${local.state.detail}`));
  });
  const embedderOf = (model: EmbeddingModel) => createEmbedder({ model, store, now: clock.now });
  const embedders = { server: embedderOf(onServer(deps.model)), local: embedderOf(inFolder(local)) };
  const vectorsFor = (use: EmbeddingUse) =>
    createTextVectors({
      use,
      settings: async () => (await configs.current()).settings.embeddings,
      embedders,
      onQuestion: (how) => deps.tallies?.count(`vectors:${how}`),
      folderPrefixes: () => ({ query: folder?.queryPrefix ?? '', passage: folder?.passagePrefix ?? '' }),
      clock,
      onError,
    });
  const uses = { intents: vectorsFor('intents'), search: vectorsFor('search') };

  return {
    ...uses,
    state: async () => {
      const shown = async (use: EmbeddingUse) => ({ ...uses[use].counts, model: (await uses[use].current())?.model });
      const entries = await Promise.all(embeddingUses.map(async (use) => [use, await shown(use)] as const));
      return {
        local: local === undefined ? null : { ...local.state, dir: local.folder.dir },
        uses: Object.fromEntries(entries) as unknown as EmbeddingsState['uses'],
      };
    },
    run: async (signal) => {
      while (!signal.aborted) {
        await store.forget(clock.now() - keptMs).catch(onError);
        await clock.sleep(dayMs, signal).catch(() => undefined);
      }
    },
    stop: async () => {
      await local?.close();
    },
  };
}

const dayMs = 86_400_000;
/** What is still used is asked for again then. */
const keptMs = 180 * dayMs;

/** The language model's server. */
export const onServer = (model: Pick<LanguageModel, 'embed' | 'embeddingModel'>): EmbeddingModel => ({
  kind: 'server',
  model: model.embeddingModel,
  embed: (texts, { isOurs, signal }) => model.embed(texts, { mask: !isOurs, signal }),
});

/** Nothing leaves the machine, so that nothing is hidden. */
const inFolder = (local: LocalModel | undefined): EmbeddingModel => ({
  kind: 'local',
  model: async () => (local?.state.kind === 'ready' ? local.state.name : undefined),
  embed: async (texts, { urgent, signal }) => (await local?.embed(texts, { urgent, signal })) ?? [],
});
