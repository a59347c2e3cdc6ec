import { readFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { Tokenizer } from '@huggingface/tokenizers';
import { InferenceSession, Tensor } from 'onnxruntime-node';
import { type ModelFolder, ModelFolderError, type Pooling, readJson } from './model-folder.ts';

/** A model that is loaded: texts to vectors of length 1. */
export interface SentenceModel {
  readonly dimensions: number;
  /** @returns the vectors in a row, in the order of the texts */
  embed(texts: readonly string[]): Promise<Float32Array>;
}

/** Texts that go through the model together: as long as the longest of them, which costs for all. */
const atOnce = 16;
const inputsKnown = ['input_ids', 'attention_mask', 'token_type_ids', 'position_ids'];
/** Nobody types a message of more; tokenising it would take longer than the model. */
const mostCharacters = 6_000;

/**
 * Loads a model and tries it with one text.
 * @throws ModelFolderError that names the file
 */
export async function loadSentenceModel(folder: ModelFolder): Promise<SentenceModel> {
  const { modelFile, pooling, maxTokens } = folder;
  const tokenizer = loadTokenizer(folder);
  const session = await loadSession(modelFile);
  const foreign = session.inputNames.filter((name) => !inputsKnown.includes(name));
  if (foreign.length > 0 || !session.inputNames.includes('input_ids'))
    throw new ModelFolderError(
      `${modelFile} wants ${session.inputNames.join(', ')}: that is no model for sentences; name another folder.`,
    );

  function idsOf(text: string): number[] {
    const { ids } = tokenizer.encode(text.slice(0, mostCharacters));
    // The last token says that the text ends; it stays where the text is cut.
    const cut = ids.length <= maxTokens ? ids : [...ids.slice(0, maxTokens - 1), ids.at(-1) as number];
    return cut.length === 0 ? [0] : cut;
  }

  async function embedFew(texts: readonly string[]): Promise<Float32Array> {
    const rows = texts.map(idsOf);
    const width = Math.max(...rows.map(({ length }) => length));
    const outputs = await session.run(inputsOf(rows, width, session.inputNames));
    const output = outputs.sentence_embedding ?? outputs.last_hidden_state ?? outputs[session.outputNames[0] ?? ''];
    if (output?.type !== 'float32')
      throw new ModelFolderError(
        `${modelFile} answers in ${output?.type ?? 'nothing'}, expected float32: use the model in that precision.`,
      );
    const vectors = vectorsOf(output, rows, width, pooling);
    if (vectors === undefined)
      throw new ModelFolderError(
        `${modelFile} answers in the shape ${output.dims.join(' × ')}: no model for sentences.`,
      );
    return vectors;
  }

  const dimensions = (await tried(() => embedFew(['hello 你好']), modelFile)).length;
  return {
    dimensions,
    embed: async (texts) => {
      const all = new Float32Array(texts.length * dimensions);
      for (let at = 0; at < texts.length; at += atOnce)
        all.set(await embedFew(texts.slice(at, at + atOnce)), at * dimensions);
      return all;
    },
  };
}

function loadTokenizer({ tokenizerFile, tokenizerConfigFile }: ModelFolder): Tokenizer {
  const config = tokenizerConfigFile === undefined ? {} : readJson(tokenizerConfigFile);
  const words = readJson(tokenizerFile);
  try {
    const tokenizer = new Tokenizer(words, config);
    tokenizer.encode('hello 你好');
    return tokenizer;
  } catch (error) {
    throw new ModelFolderError(
      `${tokenizerFile} is of a kind that cannot be read here (${(error as Error).message}): name the folder of another model.`,
      { cause: error },
    );
  }
}

async function loadSession(file: string): Promise<InferenceSession> {
  return tried(
    () =>
      InferenceSession.create(file, {
        // The other half of the machine answers people.
        intraOpNumThreads: Math.max(1, Math.floor(availableParallelism() / 2)),
        interOpNumThreads: 1,
        logSeverityLevel: 4,
      }),
    file,
  );
}

async function tried<T>(work: () => Promise<T>, file: string): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof ModelFolderError) throw error;
    const size = readFileSync(file).length;
    throw new ModelFolderError(
      `${file} (${size} bytes) cannot be run (${(error as Error).message}): copy it again, or name another model.`,
      { cause: error },
    );
  }
}

function inputsOf(rows: readonly (readonly number[])[], width: number, names: readonly string[]) {
  const fill = (value: (ids: readonly number[], at: number) => number) => {
    const numbers = new BigInt64Array(rows.length * width);
    for (const [row, ids] of rows.entries())
      for (let at = 0; at < width; at++) numbers[row * width + at] = BigInt(value(ids, at));
    return new Tensor('int64', numbers, [rows.length, width]);
  };
  const made: Record<string, () => Tensor> = {
    input_ids: () => fill((ids, at) => ids[at] ?? 0),
    attention_mask: () => fill((ids, at) => Number(at < ids.length)),
    token_type_ids: () => fill(() => 0),
    position_ids: () => fill((_, at) => at),
  };
  return Object.fromEntries(names.map((name) => [name, made[name]?.() as Tensor]));
}

/** @returns in a row, each of length 1; undefined for a shape that is none of vectors */
function vectorsOf(
  output: Tensor,
  rows: readonly (readonly number[])[],
  width: number,
  pooling: Pooling,
): Float32Array | undefined {
  const numbers = output.data as Float32Array;
  const dimensions = output.dims.at(-1) ?? 0;
  const isWhole = output.dims.length === 2 && output.dims[0] === rows.length;
  const isByToken = output.dims.length === 3 && output.dims[0] === rows.length && output.dims[1] === width;
  if (dimensions === 0 || !(isWhole || isByToken)) return undefined;
  const vectors = new Float32Array(rows.length * dimensions);
  for (const [row, { length }] of rows.entries()) {
    const vector = vectors.subarray(row * dimensions, (row + 1) * dimensions);
    const [first, last] = isWhole ? [0, 1] : tokensPooled(pooling, length);
    const stride = isWhole ? 1 : width;
    for (let token = first; token < last; token++) {
      const start = (row * stride + token) * dimensions;
      for (let d = 0; d < dimensions; d++) vector[d] = (vector[d] as number) + (numbers[start + d] as number);
    }
    const size = Math.hypot(...vector);
    // What is no vector is told by whoever asked for it.
    if (size > 0) for (let d = 0; d < dimensions; d++) vector[d] = (vector[d] as number) / size;
  }
  return vectors;
}

/** From which token, to before which, is added up; the length becomes 1, so that a sum is as good as a mean. */
function tokensPooled(pooling: Pooling, length: number): [number, number] {
  if (pooling === 'cls') return [0, 1];
  return pooling === 'last' ? [length - 1, length] : [0, length];
}
