import type { SettingsField } from '@parley/sdk/protocol.ts';
import { Refusal } from '../../gateway/refusal.ts';
import { readKey, type WebhookKey } from './signature.ts';

export type WebhookSettings = {
  /** `whsec_…`, or `whpk_…` where the other system signs with Ed25519. */
  inboundSecret: string;
  formerInboundSecret?: string;
  outboundUrl?: string;
  /** `whsec_…`, or `whsk_…` to sign with Ed25519. */
  outboundSecret?: string;
  formerOutboundSecret?: string;
  identitySecret?: string;
  timeoutMs: number;
};

/** As long as what HMAC-SHA256 makes of it; more would add nothing. */
const madeKey = { prefix: 'whsec_', of: 'base64', length: 32 } as const;
const keyPattern = (kinds: string) => `(${kinds})_[A-Za-z0-9+/]+={0,2}`;

export const webhookSettings: readonly SettingsField[] = [
  {
    key: 'inboundSecret',
    kind: 'secret',
    label: { en: 'Secret for incoming requests', 'zh-CN': '接收请求的密钥' },
    help: {
      en: 'whsec_ and base64 of 24 to 64 random bytes; the other system signs with it. Or whpk_ and its Ed25519 public key.',
      'zh-CN': 'whsec_ 加 24 至 64 个随机字节的 Base64，对方系统用它签名；或 whpk_ 加对方的 Ed25519 公钥。',
    },
    required: true,
    pattern: keyPattern('whsec|whpk'),
    invented: madeKey,
  },
  {
    key: 'formerInboundSecret',
    kind: 'secret',
    label: { en: 'Former secret for incoming requests', 'zh-CN': '接收请求的旧密钥' },
    help: {
      en: 'Still accepted while the other system changes over. Remove it afterwards.',
      'zh-CN': '更换密钥期间仍然有效，更换完成后请移除。',
    },
    pattern: keyPattern('whsec|whpk'),
  },
  {
    key: 'outboundUrl',
    kind: 'url',
    label: { en: 'Address of the other system', 'zh-CN': '对方系统的地址' },
    help: {
      en: 'Replies are posted here. Without it, nothing can be answered.',
      'zh-CN': '客服的回复将发送到此地址；不填写则无法回复。',
    },
    pattern: 'https?://.+',
  },
  {
    key: 'outboundSecret',
    kind: 'secret',
    label: { en: 'Secret for outgoing requests', 'zh-CN': '发送请求的密钥' },
    help: {
      en: 'We sign with it: whsec_ and base64 of 24 to 64 random bytes, or whsk_ and an Ed25519 private key.',
      'zh-CN': '我们用它签名：whsec_ 加 24 至 64 个随机字节的 Base64，或 whsk_ 加 Ed25519 私钥。',
    },
    pattern: keyPattern('whsec|whsk'),
    invented: madeKey,
  },
  {
    key: 'formerOutboundSecret',
    kind: 'secret',
    label: { en: 'Former secret for outgoing requests', 'zh-CN': '发送请求的旧密钥' },
    help: {
      en: 'While it is set, requests carry both signatures.',
      'zh-CN': '设置期间，请求同时携带新旧两个签名。',
    },
    pattern: keyPattern('whsec|whsk'),
  },
  {
    key: 'identitySecret',
    kind: 'secret',
    label: { en: 'Identity secret', 'zh-CN': '身份校验密钥' },
    help: {
      en: 'Key of contact.identityHash: contacts that carry it are marked as verified.',
      'zh-CN': 'contact.identityHash 的密钥：携带正确哈希的联系人会标记为已验证。',
    },
    invented: { of: 'letters-and-digits', length: 43 },
  },
  {
    key: 'timeoutMs',
    kind: 'number',
    label: { en: 'Time-out in milliseconds', 'zh-CN': '超时时间（毫秒）' },
    default: 15_000,
    min: 1_000,
    max: 30_000,
  },
];

/**
 * Checks the keys' lengths, and that what is posted can be signed.
 * @throws Refusal `settings-invalid` that names the field
 */
export function checkWebhookSettings(settings: WebhookSettings): void {
  const keys = ['inboundSecret', 'formerInboundSecret', 'outboundSecret', 'formerOutboundSecret'] as const;
  for (const field of keys) {
    const value = settings[field];
    if (value !== undefined && value !== '') assertKey(value, field);
  }
  if (isSet(settings.outboundUrl) && !isSet(settings.outboundSecret)) {
    throw settingsInvalid('outboundSecret', 'is needed to sign what is posted to outboundUrl');
  }
}

function assertKey(value: string, field: string): void {
  const key = readKey(value);
  if (key === undefined) throw settingsInvalid(field, 'is not a key of Standard Webhooks');
  const sizeBytes = key.key.symmetricKeySize;
  if (sizeBytes !== undefined && (sizeBytes < 24 || sizeBytes > 64)) {
    throw settingsInvalid(field, `has ${sizeBytes} bytes behind whsec_: expected base64 of 24 to 64`);
  }
}

function settingsInvalid(field: string, what: string): Refusal {
  return new Refusal('settings-invalid', `${field}: ${what}.`, { field });
}

/** A field that was left empty in the form is as good as absent. */
export function isSet(value: string | undefined): value is string {
  return value !== undefined && value !== '';
}

/** The keys among some settings; `checkWebhookSettings` has seen to it that those which are set can be read. */
export function readKeys(...texts: (string | undefined)[]): WebhookKey[] {
  return texts.filter(isSet).flatMap((text) => readKey(text) ?? []);
}
