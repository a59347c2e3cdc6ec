import assert from 'node:assert/strict';
import { test } from 'node:test';
import i18next from 'i18next';
import { serverWords } from './server-words.ts';

test('what the server says is said in Chinese to whoever reads Chinese; what is not known stays', async () => {
  await i18next.init({ lng: 'en', resources: {} });
  assert.equal(
    serverWords('No connection to shop.example (ECONNREFUSED).'),
    'No connection to shop.example (ECONNREFUSED).',
  );
  await i18next.changeLanguage('zh-CN');
  assert.equal(
    serverWords('No connection to shop.example (ECONNREFUSED).'),
    '无法连接到 shop.example（ECONNREFUSED）。',
  );
  assert.equal(serverWords('No connection to shop.example.'), '无法连接到 shop.example。');
  assert.equal(serverWords('is required.'), '此项必填。');
  assert.equal(serverWords('at most 200 characters, and this has 201.'), '最多 200 个字符，现在有 201 个。');
  assert.equal(
    serverWords(
      'The platform did not answer, so it may have arrived: The endpoint answered 504. Send it again if it did not.',
    ),
    '平台没有答复，消息可能已送达：对方系统返回 504。如未送达，请重新发送。',
  );
  assert.equal(
    serverWords('line 1, column 1: There is no variable {{contact.nmae}}. Did you mean {{contact.name}}?'),
    '第 1 行第 1 列：没有变量 {{contact.nmae}}，是否想用 {{contact.name}}？',
  );
  assert.equal(serverWords('Some platform says no.'), 'Some platform says no.');
});
