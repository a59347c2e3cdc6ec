import assert from 'node:assert/strict';
import { test } from 'node:test';
import { questionWithoutPerson } from './question-text.ts';

test('nothing of the person stays in a question, in either language, and what was asked does', () => {
  for (const [text, kept] of [
    ['Where is my order KA100234? Zoe Lee', 'Where is my order 00000? …'],
    ['I am zoe lee, write to zoe@mail.example or call +49 170 1234567', 'I am …, write to … or call 00000'],
    ['我是王小明，电话13812345678，什么时候到', '我是…，电话00000，什么时候到'],
    ['请送到北京市海淀区中关村大街27号，可以吗', '…，可以吗'],
    ['身份证 11010519491231002X 填错了怎么改', '身份证 00000 填错了怎么改'],
    ['See https://shop.example/o/77?token=abc why is it late', 'See … why is it late'],
    ['订单 2026113000417 到哪里了\n急', '订单 00000 到哪里了 急'],
    ['Is delivery free from 50 euros?', 'Is delivery free from 50 euros?'],
  ] as const) {
    const name = /王/.test(text) ? '王小明' : 'Zoe Lee';
    assert.equal(questionWithoutPerson(text, name), kept);
  }
});
