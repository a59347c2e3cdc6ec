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

test('goods, mothers and worst cases are no anger, though its words stand in them', () => {
  for (const text of [
    '滚筒洗衣机怎么安装',
    '垃圾袋多少钱',
    '扔垃圾的桶有大号的吗',
    '我妈的手机坏了',
    '这是买给他妈妈的礼物',
    '妈妈的订单什么时候到',
    '摇滚T恤有货吗',
    '箱子什么破了都赔吗',
    '愤怒的小鸟玩具',
    'In the worst case, can I return it?',
    'how do I rip off the label',
    'an angry birds toy',
  ]) {
    assert.ok(angerIn(text) < 0.5, `${text} ${angerIn(text)}`);
  }
  for (const text of [
    '滚！',
    '滚蛋',
    '什么垃圾服务',
    '他妈的什么时候到',
    '妈的，等了好几天',
    '操你妈',
    'WTF',
    'you people are thieves',
  ]) {
    assert.ok(angerIn(text) >= 0.8, `${text} ${angerIn(text)}`);
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

test('a person is asked for in many words', () => {
  for (const text of [
    '转 人 工',
    '客服在吗',
    '人呢？',
    '叫你们经理来',
    '给我换个人',
    '能不能来个人',
    '不要机器人',
    '为什么不转人工',
    '不要机器人，转人工',
    'Can I speak with someone?',
    'let me speak to a manager',
    'get me a supervisor',
    'customer service',
    'please escalate this to a human agent',
    'I don’t want to talk to a bot',
    "I don't want a bot, I want a human",
    "why don't you get me a human",
    'can a person help me',
    'put me through to customer care',
  ]) {
    assert.equal(requestIn(text), 'human', text);
  }
});

test('what is made by hand, for a person or with an agent asks for no person', () => {
  for (const text of [
    '人工草坪多少钱',
    '这个包是人工皮的吗',
    '是真人实拍吗',
    '我和人说好了今天到',
    '收件人换个人可以吗',
    '没有人接电话',
    '不要转人工',
    '我不是要人工',
    'I want to buy a present for a person who likes tea',
    'I want the operator manual',
    'I need a shipping agent address in China',
    'I want a refund for the cleaning agent',
    'do you have human hair wigs',
    'my parcel did not reach the right person',
    'where can I get support for Linux drivers',
    'I never want to speak to an agent again',
    'I would rather not talk to a person',
  ]) {
    assert.equal(requestIn(text), null, text);
  }
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
