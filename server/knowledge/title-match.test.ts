import assert from 'node:assert/strict';
import { test } from 'node:test';
import { foldForSearch } from './reply-match.ts';
import { titleMatch } from './title-match.ts';

const match = (title: string, typed: string) => titleMatch(foldForSearch(title), foldForSearch(typed));

test('a title is completed from the beginning of any of its words, the nearer the beginning the better', () => {
  const title = 'How to return a parcel';
  assert.equal(match(title, 'how to r'), 0);
  assert.equal(match(title, 'return a p'), 1);
  assert.equal(match(title, 'par ret'), 2);
  assert.equal(match(title, 'turn'), undefined);
  assert.equal(match(title, 'return money'), undefined);
  assert.equal(match(title, ''), undefined);
  assert.equal(match('ＶＩＰ: Points (2026)', 'vip'), 0);
  assert.equal(match('Points (2026)', '2026'), 1);
  assert.equal(match("Can't pay", 'pay'), 1);
});

test('of Chinese, which has no blanks, a title is completed from any character', () => {
  assert.equal(match('修改收货地址', '修改'), 0);
  assert.equal(match('修改收货地址', '收货'), 1);
  assert.equal(match('修改收货地址', '地址 修改'), 2);
  assert.equal(match('会员VIP说明', 'vip'), 1);
  assert.equal(match('修改收货地址', '发票'), undefined);
  assert.equal(match('𠮷野家外卖', '外卖'), 1);
});
