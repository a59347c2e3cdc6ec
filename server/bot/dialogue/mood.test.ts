import assert from 'node:assert/strict';
import { test } from 'node:test';
import { languageOf } from './language-of.ts';
import { angerIn } from './mood.ts';
import { requestIn } from './requests.ts';

test('anger is found in both languages, and is no more than unhappiness where that is all', () => {
  for (const text of [
    '你们这帮骗子',
    '太过分了！！',
    'this is bullshit',
    'WHERE IS MY ORDER THIS IS RIDICULOUS!!',
    '我真的很生气，还没解决',
  ]) {
    assert.ok(angerIn(text) >= 0.8, `${text} ${angerIn(text)}`);
  }
  for (const text of [
    '我要退款',
    'where is my order?',
    '这个有点慢',
    '我没有生气',
    "I'm not angry",
    'a shiitake mushroom',
    '😀!!',
    '',
  ]) {
    assert.ok(angerIn(text) < 0.5, `${text} ${angerIn(text)}`);
  }
});

test('a request of the bot itself is told from a question that holds the same words', () => {
  const asked = {
    取消: 'stop',
    取消订单怎么操作: null,
    谢谢: 'thanks',
    '谢谢！': 'thanks',
    你好: 'greeting',
    '你好，我要退款': null,
    'Hi there!': 'greeting',
    'thank you so much': 'thanks',
    'stop charging me': null,
    'never mind': 'stop',
    转接人工服务: 'human',
    'let me talk to someone real': 'human',
  };
  assert.deepEqual(Object.fromEntries(Object.keys(asked).map((text) => [text, requestIn(text)])), asked);
  assert.equal(requestIn('找小王', { human: ['找小王'], stop: [] }), 'human');
});

test('the language of a text is told by its script, of a mixed one by what there is most of', () => {
  const texts = {
    我的订单ABC123在哪: 'zh',
    'where is 我的': 'en',
    ありがとう: 'ja',
    감사합니다: 'ko',
    '12345 😀': null,
  };
  assert.deepEqual(Object.fromEntries(Object.keys(texts).map((text) => [text, languageOf(text)])), texts);
});
