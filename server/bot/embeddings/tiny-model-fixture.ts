import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

/**
 * A real ONNX model of a few hundred bytes in a folder of the usual layout: it looks up a vector for each word (Gather). Words
 * of one group have the same vector; a word that it does not know has one of its own.
 */
export interface TinyModel {
  /** Groups of words that mean the same. */
  readonly groups: readonly (readonly string[])[];
  /** Instead of one for each group and two more. */
  readonly dimensions?: number;
  readonly pooling?: Readonly<Record<string, boolean>>;
  readonly prompts?: Readonly<Record<string, string>>;
  readonly inputs?: readonly string[];
}

const special = ['[PAD]', '[UNK]', '[CLS]', '[SEP]'];

export async function writeTinyModel(dir: string, model: TinyModel): Promise<void> {
  const { groups, dimensions = groups.length + 2, pooling, prompts } = model;
  const words = [...special, ...groups.flat()];
  const vectors = words.map((word) => {
    const vector = new Float32Array(dimensions);
    const group = groups.findIndex((group) => group.includes(word));
    if (group >= 0) vector[group % dimensions] = 1;
    else if (word === '[UNK]') vector[dimensions - 1] = 0.2;
    else if (word === '[CLS]') vector[dimensions - 2] = 0.01;
    return vector;
  });
  await mkdir(join(dir, 'onnx'), { recursive: true });
  const put = (name: string, content: unknown) => writeFile(join(dir, name), JSON.stringify(content));
  await writeFile(join(dir, 'onnx', 'model.onnx'), gatherModel(vectors, dimensions, model.inputs));
  await put('tokenizer.json', wordTokenizer(words));
  await put('tokenizer_config.json', { model_max_length: 16, tokenizer_class: 'PreTrainedTokenizerFast' });
  await put('config.json', { model_type: 'bert', hidden_size: dimensions });
  if (prompts !== undefined) await put('config_sentence_transformers.json', { prompts });
  if (pooling === undefined) return;
  await mkdir(join(dir, '1_Pooling'), { recursive: true });
  await put('1_Pooling/config.json', { word_embedding_dimension: dimensions, ...pooling });
}

function wordTokenizer(words: readonly string[]) {
  const [cls, sep] = [words.indexOf('[CLS]'), words.indexOf('[SEP]')];
  return {
    version: '1.0',
    truncation: null,
    padding: null,
    added_tokens: special.map((content, id) => ({
      ...{ id, content, single_word: false, lstrip: false, rstrip: false, normalized: false, special: true },
    })),
    normalizer: {
      type: 'BertNormalizer',
      clean_text: true,
      handle_chinese_chars: true,
      strip_accents: null,
      lowercase: true,
    },
    pre_tokenizer: { type: 'BertPreTokenizer' },
    post_processor: {
      type: 'TemplateProcessing',
      single: [
        { SpecialToken: { id: '[CLS]', type_id: 0 } },
        { Sequence: { id: 'A', type_id: 0 } },
        { SpecialToken: { id: '[SEP]', type_id: 0 } },
      ],
      pair: [],
      special_tokens: {
        '[CLS]': { id: '[CLS]', ids: [cls], tokens: ['[CLS]'] },
        '[SEP]': { id: '[SEP]', ids: [sep], tokens: ['[SEP]'] },
      },
    },
    decoder: null,
    model: {
      type: 'WordPiece',
      unk_token: '[UNK]',
      continuing_subword_prefix: '##',
      max_input_chars_per_word: 100,
      vocab: Object.fromEntries(words.map((word, id) => [word, id])),
    },
  };
}

const defaultInputs: readonly string[] = ['input_ids', 'attention_mask', 'token_type_ids'];

/** Protocol buffers by hand (https://github.com/onnx/onnx/blob/main/onnx/onnx.proto): one Gather from a matrix. */
function gatherModel(vectors: readonly Float32Array[], dimensions: number, inputs = defaultInputs): Buffer {
  const [float, int64] = [1, 7];
  const dimension = (name: string) => bytes(1, text(2, name));
  const value = (name: string, type: number, ...shape: Buffer[]) => [
    text(1, name),
    bytes(2, bytes(1, number(1, type), bytes(2, ...shape))),
  ];
  const raw = Buffer.concat(vectors.map(({ buffer }) => Buffer.from(buffer)));
  const matrix = [number(1, vectors.length), number(1, dimensions), number(2, float), text(8, 'words'), bytes(9, raw)];
  const node = [text(1, 'words'), text(1, inputs[0] ?? ''), text(2, 'last_hidden_state'), text(4, 'Gather')];
  const tokens = [dimension('batch'), dimension('tokens')];
  const graph = [
    bytes(1, ...node),
    text(2, 'tiny'),
    bytes(5, ...matrix),
    ...inputs.map((name) => bytes(11, ...value(name, int64, ...tokens))),
    bytes(12, ...value('last_hidden_state', float, ...tokens, bytes(1, number(1, dimensions)))),
  ];
  return Buffer.concat([number(1, 8), bytes(7, ...graph), bytes(8, text(1, ''), number(2, 17))]);
}

function varint(value: number): Buffer {
  const digits: number[] = [];
  for (let left = value; digits.length === 0 || left > 0; left = Math.floor(left / 128))
    digits.push((left % 128) + (left >= 128 ? 128 : 0));
  return Buffer.from(digits);
}

const number = (field: number, value: number): Buffer => Buffer.concat([varint(field * 8), varint(value)]);

function bytes(field: number, ...parts: readonly Buffer[]): Buffer {
  const content = Buffer.concat(parts);
  return Buffer.concat([varint(field * 8 + 2), varint(content.length), content]);
}

const text = (field: number, value: string): Buffer => bytes(field, Buffer.from(value));
