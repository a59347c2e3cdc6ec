import { openLocalModel } from '../bot/embeddings/local-model.ts';
import { ModelFolderError, readModelFolder } from '../bot/embeddings/model-folder.ts';
import { type Finding, ok, problem } from './finding.ts';

const todo = 'Name another folder, or unset PARLEY_EMBEDDING_MODEL_DIR.';

/** Loads the model as the server does, and asks it for the vector of one text. */
export async function checkEmbeddingModel(dir: string | undefined): Promise<Finding[]> {
  if (dir === undefined) return [];
  try {
    const model = openLocalModel(readModelFolder(dir));
    try {
      await model.settled;
      await model.embed(['hello 你好'], { urgent: true, signal: AbortSignal.timeout(60_000) });
      const { state } = model;
      if (state.kind !== 'ready') throw new ModelFolderError('detail' in state ? state.detail : 'It does not load.');
      const { name, dimensions, msPerText = 0 } = state;
      return [
        ok(
          `PARLEY_EMBEDDING_MODEL_DIR: ${name} gives ${dimensions} numbers a text, one in ${msPerText.toFixed(1)} ms.`,
        ),
      ];
    } finally {
      await model.close();
    }
  } catch (error) {
    return [problem(`PARLEY_EMBEDDING_MODEL_DIR: ${(error as Error).message}`, todo)];
  }
}
