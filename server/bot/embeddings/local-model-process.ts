import type { LocalModelReply, LocalModelRequest } from './local-model-protocol.ts';
import { ModelFolderError, nameOfModel, readModelFolder } from './model-folder.ts';
import { loadSentenceModel } from './sentence-model.ts';

/** The process of a local model. It ends with the one that began it, however that ends. */
const reply = (message: LocalModelReply) => {
  if (process.connected) process.send?.(message);
};
process.on('disconnect', () => process.exit());

try {
  const folder = readModelFolder(process.argv[2] ?? '');
  const model = await loadSentenceModel(folder);
  const name = await nameOfModel(folder);
  let last: Promise<void> = Promise.resolve();
  process.on('message', (request: LocalModelRequest) => {
    last = last.then(() => answer(request));
  });
  reply({ kind: 'ready', name, dimensions: model.dimensions });

  async function answer({ id, texts }: LocalModelRequest): Promise<void> {
    try {
      reply({ kind: 'vectors', id, vectors: await model.embed(texts) });
    } catch (error) {
      reply({ kind: 'failed', id, detail: error instanceof Error ? error.message : String(error) });
    }
  }
} catch (error) {
  if (!(error instanceof ModelFolderError)) throw error;
  reply({ kind: 'unusable', detail: error.message });
}
