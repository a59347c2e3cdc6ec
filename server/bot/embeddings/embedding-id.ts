import type { EmbeddingKind } from './embedder.ts';

/** Which vectors are to be compared with each other: those that one model made of texts with one prefix. */
export interface EmbeddingId {
  readonly kind: EmbeddingKind;
  readonly model: string;
  readonly prefix: string;
}

/** What a model of intents was trained with. */
export interface TrainedEmbedding extends EmbeddingId {
  readonly dimensions: number;
}

export const isSameEmbedding = (a: EmbeddingId, b: EmbeddingId): boolean =>
  a.kind === b.kind && a.model === b.model && a.prefix === b.prefix;

/** For messages and logs. */
export const describeEmbedding = ({ kind, model, prefix }: EmbeddingId): string =>
  `${kind === 'local' ? 'the local model' : "the server's model"} ${model}${prefix === '' ? '' : ` with the prefix “${prefix.trim()}”`}`;
