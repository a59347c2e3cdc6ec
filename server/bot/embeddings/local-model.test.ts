import assert from 'node:assert/strict';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { until } from '../../testing/running-program.ts';
import { ModelFailure } from '../language-model/model-failure.ts';
import { openLocalModel } from './local-model.ts';
import { ModelFolderError, readModelFolder } from './model-folder.ts';
import { type TinyModel, writeTinyModel } from './tiny-model-fixture.ts';

const groups = [
  ['refund', 'reimbursement', '退'],
  ['parcel', 'package'],
];
const { signal } = new AbortController();
const soon = { urgent: true, signal };

async function folderOf(t: TestContext, model: Partial<TinyModel> = {}): Promise<string> {
  const dir = await mkdtemp(join(tmpdir(), 'parley-model-'));
  t.after(() => rm(dir, { recursive: true }));
  await writeTinyModel(dir, { groups, ...model });
  return dir;
}

async function open(t: TestContext, dir: string) {
  const model = openLocalModel(readModelFolder(dir));
  t.after(() => model.close());
  await model.settled;
  return model;
}

const cosine = (a: Float32Array | undefined, b: Float32Array | undefined) =>
  (a ?? new Float32Array()).reduce((sum, value, at) => sum + value * (b?.[at] ?? 0), 0);

test('a model in a folder makes vectors of length 1 that lie near each other where words mean the same', async (t) => {
  const model = await open(t, await folderOf(t));
  assert.ok(model.state.kind === 'ready', JSON.stringify(model.state));
  assert.equal(model.state.dimensions, 4);
  const texts = Array.from({ length: 40 }, (_, at) => ['my refund', 'a Reimbursement', 'the package'][at % 3] ?? '');
  const vectors = await model.embed(texts, { urgent: false, signal });
  const [refund, same, parcel] = vectors;
  assert.ok(vectors.every((vector) => Math.abs(Math.hypot(...vector) - 1) < 1e-6));
  assert.ok(cosine(refund, same) > 0.95 && cosine(refund, parcel) < 0.4, `${cosine(refund, same)}`);
  assert.deepEqual(vectors[39], refund, 'whichever batch it is in');
  await model.embed(['退款'], soon);
  assert.ok(model.state.kind === 'ready' && (model.state.msPerText ?? 0) > 0);
});

test('pooling, prefixes and bounds are those that the folder names', async (t) => {
  const dir = await folderOf(t, { prompts: { query: 'query: ', passage: 'passage: ' } });
  const { queryPrefix, passagePrefix, pooling, maxTokens } = readModelFolder(dir);
  assert.deepEqual([queryPrefix, passagePrefix, pooling, maxTokens], ['query: ', 'passage: ', 'mean', 16]);
  const first = await open(t, await folderOf(t, { pooling: { pooling_mode_cls_token: true } }));
  const [one, other] = await first.embed(['refund', 'parcel'], soon);
  assert.deepEqual(one, other, 'the first token is that of every text');
  const long = await open(t, dir);
  const [cut, whole] = await long.embed([`${'refund '.repeat(14)}parcel`, 'refund '.repeat(14)], soon);
  assert.deepEqual(cut, whole, 'what is behind the bound is not read');
});

test('a folder that is incomplete is refused with the file and what to do', async (t) => {
  const refusedWith = (dir: string, says: RegExp) =>
    assert.throws(
      () => readModelFolder(dir),
      (error: unknown) => error instanceof ModelFolderError && says.test(error.message),
    );
  const dir = await folderOf(t, { pooling: { pooling_mode_max_tokens: true } });
  refusedWith(join(dir, 'nothing'), /nothing is no folder/);
  refusedWith(dir, /1_Pooling\/config\.json asks for the pooling pooling_mode_max_tokens/);
  await writeFile(join(dir, 'config.json'), '{');
  refusedWith(dir, /config\.json cannot be read .*copy it again/);
  await rm(join(dir, 'tokenizer.json'));
  refusedWith(dir, /tokenizer\.json is not there/);
  await rm(join(dir, 'onnx'), { recursive: true });
  refusedWith(dir, /neither model\.onnx nor onnx\/model\.onnx/);
});

test('a damaged or foreign model is named, and whoever asks it is told so', async (t) => {
  const damaged = await folderOf(t);
  const file = join(damaged, 'onnx', 'model.onnx');
  await writeFile(file, (await readFile(file)).subarray(0, 60));
  const foreign = await folderOf(t, { inputs: ['pixel_values'] });
  const tokens = await folderOf(t);
  await writeFile(join(tokens, 'tokenizer.json'), JSON.stringify({ model: { type: 'Unheard' } }));
  const empty = await folderOf(t);
  await writeFile(join(empty, 'tokenizer.json'), '{}');
  const cases = { [damaged]: /model\.onnx \(60 bytes\) cannot be run/, [foreign]: /wants pixel_values/ };
  for (const [dir, says] of Object.entries({ ...cases, [tokens]: /tokenizer\.json/, [empty]: /tokenizer\.json/ })) {
    const model = await open(t, dir);
    assert.ok(model.state.kind === 'unusable', `${dir} ${JSON.stringify(model.state)}`);
    assert.match(model.state.detail, says);
    await assert.rejects(model.embed(['refund'], soon), (error: unknown) => error instanceof ModelFailure);
  }
});

test('another model in the same folder has another name', async (t) => {
  const dir = await folderOf(t);
  const before = await open(t, dir);
  await writeTinyModel(dir, { groups: [...groups, ['hours']] });
  const after = await open(t, dir);
  assert.ok(before.state.kind === 'ready' && after.state.kind === 'ready');
  assert.notEqual(after.state.name, before.state.name);
});

test('who waits goes before what nobody waits for, and who gives up does not wait', async (t) => {
  const model = await open(t, await folderOf(t));
  const order: string[] = [];
  const many = model.embed(
    Array.from({ length: 400 }, () => 'refund'),
    { urgent: false, signal },
  );
  const gone = new AbortController();
  const given = model.embed(['parcel'], { urgent: true, signal: gone.signal });
  gone.abort(new Error('gone'));
  await Promise.all([
    many.then(() => order.push('many')),
    model.embed(['refund'], soon).then(() => order.push('one')),
    assert.rejects(given, /gone/),
  ]);
  assert.deepEqual(order, ['one', 'many']);
});

test('a process that dies takes nothing with it: whoever asks is told', async (t) => {
  const dir = await mkdtemp(join(tmpdir(), 'parley-model-'));
  t.after(() => rm(dir, { recursive: true }));
  await mkdir(dir, { recursive: true });
  await writeTinyModel(dir, { groups });
  const model = await open(t, dir);
  const waiting = model.embed(
    Array.from({ length: 2_000 }, () => 'refund'),
    { urgent: false, signal },
  );
  const rejected = assert.rejects(waiting, (error: unknown) => error instanceof ModelFailure);
  await model.close();
  await rejected;
  await until(() => model.state.kind === 'ended');
  await assert.rejects(model.embed(['refund'], soon), /has ended/);
});
