import assert from 'node:assert/strict';
import { test } from 'node:test';
import { decryptMessage, encryptMessage, readAesKey, signatureOf } from './crypto.ts';

const zeroKey = 'A'.repeat(43);

test('the signatures of the official push page come out', () => {
  assert.equal(signatureOf('AAAAA', '1714036504', '1514711492'), 'f464b24fc39322e44b38aa78f5edd27bd1441696');
  assert.equal(signatureOf('AAAAA', '1714037059', '486452656'), '899cf89e464efb63f54ddac96b0a0a235f53aa78');
});

test('the official safe-mode push opens', () => {
  const encrypted =
    '+qdx1OKCy+5JPCBFWw70tm0fJGb2Jmeia4FCB7kao+/Q5c/ohsOzQHi8khUOb05JCpj0JB4RvQMkUyus8TPxLKJGQqcvZqzDpVzazhZv6JsXUnnR8XGT740XgXZUXQ7vJVnAG+tE8NUd4yFyjPy7GgiaviNrlCTj+l5kdfMuFUPpRSrfMZuMcp3Fn2Pede2IuQrKEYwKSqFIZoNqJ4M8EajAsjLY2km32IIjdf8YL/P50F7mStwntrA2cPDrM1kb6mOcfBgRtWygb3VIYnSeOBrebufAlr7F9mFUPAJGj04=';
  assert.equal(signatureOf('AAAAA', '1714112445', '415670741'), '6c5c811b55cc85e0e1b54100749188c20beb3f5d');
  assert.equal(signatureOf('AAAAA', '1714112445', '415670741', encrypted), '046e02f8204d34f8ba5fa3b1db94908f3df2e9b3');
  const message = decryptMessage(readAesKey(zeroKey), encrypted, 'wxba5fad812f8e6fb9');
  assert.equal(message?.length, 167);
  assert.deepEqual(JSON.parse(message?.toString() ?? ''), {
    ToUserName: 'gh_97417a04a28d',
    FromUserName: 'o9AgO5Kd5ggOC-bXrbNODIiE3bGY',
    CreateTime: 1714112445,
    MsgType: 'event',
    Event: 'debug_demo',
    debug_str: 'hello world',
  });
});

test('the official encrypted answer comes out, and its signature', () => {
  const sealed = encryptMessage(
    readAesKey(zeroKey),
    '{"demo_resp":"good luck"}',
    'wxba5fad812f8e6fb9',
    Buffer.from('707722b803182950'),
  );
  assert.equal(sealed, 'ELGduP2YcVatjqIS+eZbp80MNLoAUWvzzyJxgGzxZO/5sAvd070Bs6qrLARC9nVHm48Y4hyRbtzve1L32tmxSQ==');
  assert.equal(signatureOf('AAAAA', '1713424427', '415670741', sealed), '1b9339964ed2e271e7c7b6ff2b0ef902fc94dea1');
});

test('the official sample works with a key that is not canonical Base64, and counts bytes', () => {
  const key = readAesKey('abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG');
  const sealed = 'jn1L23DB+6ELqJ+6bruv21Y6MD7KeIfP82D6gU39rmkgczbWwt5+3bnyg5K55bgVtVzd832WzZGMhkP72vVOfg==';
  assert.equal(encryptMessage(key, '我是中文abcd123', 'wxb11529c136998cb6', Buffer.from('aaaabbbbccccdddd')), sealed);
  assert.equal(decryptMessage(key, sealed, 'wxb11529c136998cb6')?.toString(), '我是中文abcd123');
  assert.equal(signatureOf('pamtest', '1409304348', 'xxxxxx', sealed), '82c962d39941aa48552f90ef55aa323dc620cc10');
});

test('what is encrypted for another app, cut or damaged does not open', () => {
  const key = readAesKey(zeroKey);
  const sealed = encryptMessage(key, 'hello', 'wxba5fad812f8e6fb9');
  assert.equal(decryptMessage(key, sealed, 'wxother'), undefined);
  assert.equal(decryptMessage(key, sealed.slice(0, 20), 'wxba5fad812f8e6fb9'), undefined);
  assert.equal(decryptMessage(key, '', 'wxba5fad812f8e6fb9'), undefined);
  const damaged = Buffer.from(sealed, 'base64');
  damaged[damaged.length - 1] = (damaged[damaged.length - 1] ?? 0) ^ 1;
  assert.equal(decryptMessage(key, damaged.toString('base64'), 'wxba5fad812f8e6fb9'), undefined);
});
