import assert from 'node:assert/strict';
import { createHmac } from 'node:crypto';
import { describe, test } from 'node:test';
import { Refusal } from '../../gateway/refusal.ts';
import { readKey, signWebhook, verifyWebhook, type WebhookKey } from './signature.ts';

const secret = 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw';
const privateKey = 'whsk_6Xb/dCcHpPea21PS1N9VY/NZW723CEc77N4rJCubMbfVKIDij2HKpMKkioLlX0dRqSKJp4AJ6p9lMicMFs6Kvg==';
const publicKey = 'whpk_1SiA4o9hyqTCpIqC5V9HUakiiaeACeqfZTInDBbOir4=';
const official = { id: 'msg_p5jXN8AQM9LWM0D4loKWxJek', timestampS: 1_614_265_330, body: '{"test": 2432232314}' };
const officialSignature = 'v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=';

function keyOf(text: string): WebhookKey {
  const key = readKey(text);
  assert.ok(key !== undefined);
  return key;
}

/** Every vector: who signed what, with which result. */
const vectors = [
  { name: 'the official symmetric one', key: secret, verifyWith: secret, ...official, signature: officialSignature },
  {
    name: "the one of Svix's documentation",
    key: 'whsec_plJ3nmyCDGBKInavdOK15jsl',
    verifyWith: 'whsec_plJ3nmyCDGBKInavdOK15jsl',
    id: 'msg_loFOjxBNrRLzqYUf',
    timestampS: 1_731_705_121,
    body: '{"event_type":"ping","data":{"success":true}}',
    signature: 'v1,rAvfW3dJ/X/qxhsaXPOyyCGmRKsaKWcsNccKXlIktD0=',
  },
  {
    name: 'the official asymmetric one',
    key: privateKey,
    verifyWith: publicKey,
    ...official,
    signature: 'v1a,hnO3f9T8Ytu9HwrXslvumlUpqtNVqkhqw/enGzPCXe5BdqzCInXqYXFymVJaA7AZdpXwVLPo3mNl8EM+m7TBAg==',
  },
  {
    name: 'one with letters beyond ASCII',
    key: secret,
    verifyWith: secret,
    id: 'msg_parley1',
    timestampS: 1_767_323_045,
    body: '{"type":"message.created","timestamp":"2026-01-02T03:04:05.678Z","data":{"conversationId":"c1","messageId":"m1","content":{"type":"text","text":"héllo"}}}',
    signature: 'v1,9C45/YE9Kl5TsX5y4SNhmsVNaX9+rMBZusFAcLllu7o=',
  },
];

function requestWith(headers: Record<string, string | undefined>, body = official.body) {
  return {
    headers: {
      'webhook-id': official.id,
      'webhook-timestamp': String(official.timestampS),
      'webhook-signature': officialSignature,
      ...headers,
    },
    body: Buffer.from(body),
  };
}
const now = official.timestampS * 1000;

function refusalCode(run: () => unknown): string {
  try {
    run();
  } catch (error) {
    assert.ok(error instanceof Refusal);
    assert.equal(error.status, 401);
    return error.code;
  }
  return 'accepted';
}

describe('test vectors', () => {
  for (const { name, key, verifyWith, signature, ...signed } of vectors) {
    test(`${name}: signed as expected, and verified`, () => {
      assert.equal(signWebhook(signed, [keyOf(key)]), signature);
      const request = requestWith(
        {
          'webhook-id': signed.id,
          'webhook-timestamp': String(signed.timestampS),
          'webhook-signature': signature,
        },
        signed.body,
      );
      assert.equal(verifyWebhook(request, [keyOf(verifyWith)], signed.timestampS * 1000), signed.id);
    });
  }
});

describe('what is accepted', () => {
  test('any one signature of several, versions that are not known skipped', () => {
    const header = `v1,Ceo5qEr07ixe2NLpvHk3FH9bwy/WavXrAFQ/9tdO6mc= v2,xxxx ${officialSignature}`;
    assert.equal(verifyWebhook(requestWith({ 'webhook-signature': header }), [keyOf(secret)], now), official.id);
  });

  test('the former secret beside the current one', () => {
    const keys = [keyOf('whsec_plJ3nmyCDGBKInavdOK15jsl'), keyOf(secret)];
    assert.equal(verifyWebhook(requestWith({}), keys, now), official.id);
    const both = signWebhook(official, keys);
    for (const key of keys) verifyWebhook(requestWith({ 'webhook-signature': both }), [key], now);
  });

  test('five minutes off, either way', () => {
    for (const offS of [-300, 300]) verifyWebhook(requestWith({}), [keyOf(secret)], now + offS * 1000);
  });
});

describe('what is refused', () => {
  test('a header that is missing or empty', () => {
    for (const name of ['webhook-id', 'webhook-timestamp', 'webhook-signature']) {
      for (const value of [undefined, '']) {
        assert.equal(
          refusalCode(() => verifyWebhook(requestWith({ [name]: value }), [keyOf(secret)], now)),
          'signature-missing',
        );
      }
    }
  });

  test('a time that is no number, or 301 seconds off, either way', () => {
    for (const timestamp of ['hello', '-1', '1e9', '1614265330.5', ' 1614265330', '9'.repeat(400)]) {
      const request = requestWith({ 'webhook-timestamp': timestamp });
      assert.equal(
        refusalCode(() => verifyWebhook(request, [keyOf(secret)], now)),
        'signature-wrong',
        timestamp,
      );
    }
    for (const offS of [-301, 301]) {
      assert.equal(
        refusalCode(() => verifyWebhook(requestWith({}), [keyOf(secret)], now + offS * 1000)),
        'signature-stale',
      );
    }
  });

  test('an empty, cut or foreign signature, and one of another version', () => {
    const bare = officialSignature.slice(3);
    for (const signature of [
      'v1,',
      'v1',
      bare,
      officialSignature.slice(0, -1),
      `v2,${bare}`,
      `v1a,${bare}`,
      `v1, ${bare}`,
    ]) {
      const request = requestWith({ 'webhook-signature': signature });
      assert.equal(
        refusalCode(() => verifyWebhook(request, [keyOf(secret)], now)),
        'signature-wrong',
        signature,
      );
    }
    assert.equal(
      refusalCode(() => verifyWebhook(requestWith({}, '{"test": 2432232315}'), [keyOf(secret)], now)),
      'signature-wrong',
    );
    assert.equal(
      refusalCode(() => verifyWebhook(requestWith({}), [keyOf(publicKey)], now)),
      'signature-wrong',
    );
  });

  test('a public key is not a shared secret: what is signed with its text does not pass', () => {
    const forged = createHmac('sha256', Buffer.from(publicKey.slice(5), 'base64'))
      .update(`${official.id}.${official.timestampS}.${official.body}`)
      .digest('base64');
    for (const version of ['v1', 'v1a']) {
      const request = requestWith({ 'webhook-signature': `${version},${forged}` });
      assert.equal(
        refusalCode(() => verifyWebhook(request, [keyOf(publicKey)], now)),
        'signature-wrong',
      );
    }
  });
});

test('a text that is no key is none', () => {
  for (const text of [
    '',
    'whsec_',
    'MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw',
    'whsec_ä',
    'whpk_AAAA',
    `whsk_${'A'.repeat(44)}`,
  ]) {
    assert.equal(readKey(text), undefined, text);
  }
});
