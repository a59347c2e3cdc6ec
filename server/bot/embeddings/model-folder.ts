import { createHash } from 'node:crypto';
import { createReadStream, readFileSync, statSync } from 'node:fs';
import { basename, join } from 'node:path';

/** What the vectors of the words of a text become: one vector. */
export const poolings = ['mean', 'cls', 'last'] as const;
export type Pooling = (typeof poolings)[number];

/** A folder with a sentence-embedding model in the ONNX format, in the layout in which such models are published. */
export interface ModelFolder {
  readonly dir: string;
  readonly modelFile: string;
  readonly tokenizerFile: string;
  /** undefined: there is none, and the tokeniser's defaults hold. */
  readonly tokenizerConfigFile: string | undefined;
  readonly pooling: Pooling;
  /** What is behind so many tokens is not read. */
  readonly maxTokens: number;
  /** What the model wants before a question, and before a text that may answer it; '' nothing. */
  readonly queryPrefix: string;
  readonly passagePrefix: string;
}

/** A folder that cannot be used. `message` names the file, and says what to do. */
export class ModelFolderError extends Error {
  override readonly name = 'ModelFolderError';
}

const modelFiles = ['model.onnx', 'onnx/model.onnx', 'model_quantized.onnx', 'onnx/model_quantized.onnx'];
/** Models that read more take seconds for a text. */
const mostTokens = 512;

/**
 * Looks what is in a folder; the model itself is not loaded.
 *
 * Pooling comes from `1_Pooling/config.json` (mean where there is none), prefixes from the prompts in `config_sentence_transformers.json`.
 * @throws ModelFolderError
 */
export function readModelFolder(dir: string): ModelFolder {
  if (!isFolder(dir)) throw new ModelFolderError(`${dir} is no folder that can be read: name that of an ONNX model.`);
  const modelFile = modelFiles.map((file) => join(dir, file)).find(isFile);
  if (modelFile === undefined)
    throw new ModelFolderError(
      `${dir} has neither model.onnx nor onnx/model.onnx: name the folder of a sentence-embedding model in ONNX format.`,
    );
  const tokenizerFile = join(dir, 'tokenizer.json');
  if (!isFile(tokenizerFile))
    throw new ModelFolderError(`${tokenizerFile} is not there: copy it from where the model comes from.`);
  const tokenizerConfigFile = join(dir, 'tokenizer_config.json');
  const [tokenizer, model, sentence] = ['tokenizer_config.json', 'config.json', 'sentence_bert_config.json'].map(
    (file) => readOptional(join(dir, file)),
  );
  const bounds = [mostTokens, tokenizer?.model_max_length, model?.max_position_embeddings, sentence?.max_seq_length];
  const prompts = asRecord(readOptional(join(dir, 'config_sentence_transformers.json'))?.prompts);
  return {
    dir,
    modelFile,
    tokenizerFile,
    tokenizerConfigFile: isFile(tokenizerConfigFile) ? tokenizerConfigFile : undefined,
    pooling: poolingOf(join(dir, '1_Pooling', 'config.json')),
    maxTokens: Math.min(...bounds.filter((bound) => typeof bound === 'number' && bound >= 4).map(Number)),
    queryPrefix: textOf(prompts?.query),
    passagePrefix: textOf(prompts?.passage ?? prompts?.document),
  };
}

/** The folder's name and a mark of what is in its files: another model in the same folder is another one. */
export async function nameOfModel({ dir, modelFile, tokenizerFile, pooling, maxTokens }: ModelFolder): Promise<string> {
  const sum = createHash('sha256').update(`${pooling} ${maxTokens}`);
  for (const file of [modelFile, tokenizerFile]) for await (const piece of createReadStream(file)) sum.update(piece);
  return `${basename(dir)}@${sum.digest('hex').slice(0, 8)}`;
}

function poolingOf(file: string): Pooling {
  const config = readOptional(file);
  if (config === undefined) return 'mean';
  const modes = Object.keys(config).filter((name) => name.startsWith('pooling_mode_') && config[name] === true);
  const found = { pooling_mode_cls_token: 'cls', pooling_mode_mean_tokens: 'mean', pooling_mode_lasttoken: 'last' }[
    modes[0] ?? ''
  ] as Pooling | undefined;
  if (modes.length !== 1 || found === undefined)
    throw new ModelFolderError(
      `${file} asks for the pooling ${modes.join(' and ') || 'of none'}: models with mean, cls or last token alone can be used.`,
    );
  return found;
}

/** @throws ModelFolderError */
export function readJson(file: string): Record<string, unknown> {
  try {
    const found = asRecord(JSON.parse(readFileSync(file, 'utf8')));
    if (found !== undefined) return found;
  } catch (error) {
    throw new ModelFolderError(`${file} cannot be read (${(error as Error).message}): copy it again.`, {
      cause: error,
    });
  }
  throw new ModelFolderError(`${file} is no JSON object: copy it again.`);
}

const readOptional = (file: string) => (isFile(file) ? readJson(file) : undefined);

function asRecord(value: unknown): Record<string, unknown> | undefined {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
    ? (value as Record<string, unknown>)
    : undefined;
}

const textOf = (value: unknown): string => (typeof value === 'string' ? value : '');
const isFile = (path: string): boolean => statSync(path, { throwIfNoEntry: false })?.isFile() === true;

function isFolder(path: string): boolean {
  try {
    return statSync(path).isDirectory();
  } catch {
    return false;
  }
}
