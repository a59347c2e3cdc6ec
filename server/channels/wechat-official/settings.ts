import type { SettingsField } from '@parley/sdk/protocol.ts';
import { Refusal } from '../../gateway/refusal.ts';
import { readAesKey } from './crypto.ts';

export interface WechatSettings {
  readonly apiBaseUrl: string;
  readonly appId: string;
  readonly appSecret: string;
  readonly originalId?: string;
  readonly token: string;
  readonly encodingAesKey?: string;
  readonly mode: 'plain' | 'compatible' | 'safe';
  readonly windowMinutes: number;
  readonly replyHours: number;
  readonly replyCount: number;
}

export const wechatSettings: readonly SettingsField[] = [
  {
    key: 'appId',
    kind: 'text',
    label: { en: 'AppID', 'zh-CN': 'AppID（开发者 ID）' },
    required: true,
    pattern: 'wx[0-9a-zA-Z]{4,40}',
    help: {
      en: 'From the account’s developer settings; begins with wx.',
      'zh-CN': '公众平台“开发”设置中的开发者 ID，以 wx 开头。',
    },
  },
  {
    key: 'appSecret',
    kind: 'secret',
    label: { en: 'AppSecret', 'zh-CN': 'AppSecret（开发者密码）' },
    required: true,
    help: {
      en: 'Shown once by the platform. Resetting it there ends the access tokens.',
      'zh-CN': '平台只显示一次；重置后原有 access_token 立即失效。',
    },
  },
  {
    key: 'token',
    kind: 'secret',
    label: { en: 'Token', 'zh-CN': '令牌（Token）' },
    required: true,
    pattern: '[0-9a-zA-Z]{3,32}',
    invented: { of: 'letters-and-digits', length: 32 },
    help: {
      en: 'The same 3 to 32 letters and digits as in the server configuration there.',
      'zh-CN': '与平台“服务器配置”中填写的一致，3–32 位字母或数字。',
    },
  },
  {
    key: 'mode',
    kind: 'select',
    label: { en: 'Message mode', 'zh-CN': '消息加解密方式' },
    default: 'safe',
    options: [
      { value: 'safe', label: { en: 'Safe (encrypted)', 'zh-CN': '安全模式' } },
      { value: 'compatible', label: { en: 'Compatible', 'zh-CN': '兼容模式' } },
      { value: 'plain', label: { en: 'Plain', 'zh-CN': '明文模式' } },
    ],
    help: {
      en: 'Safe mode is advised: in plain mode the signature does not cover the message.',
      'zh-CN': '建议使用安全模式：明文模式的签名不覆盖消息内容。',
    },
  },
  {
    key: 'encodingAesKey',
    kind: 'secret',
    label: { en: 'EncodingAESKey', 'zh-CN': '消息加解密密钥（EncodingAESKey）' },
    pattern: '[0-9a-zA-Z+/]{43}',
    invented: { of: 'letters-and-digits', length: 43 },
    help: { en: '43 characters; needed unless the mode is plain.', 'zh-CN': '43 位字符；除明文模式外必填。' },
  },
  {
    key: 'originalId',
    kind: 'text',
    label: { en: 'Original id', 'zh-CN': '原始 ID' },
    pattern: 'gh_[0-9a-zA-Z]{4,40}',
    help: {
      en: 'Begins with gh_. When set, callbacks for another account are refused.',
      'zh-CN': '以 gh_ 开头；填写后将拒绝其他账号的推送。',
    },
  },
  {
    key: 'apiBaseUrl',
    kind: 'url',
    label: { en: 'API address', 'zh-CN': 'API 地址' },
    default: 'https://api.weixin.qq.com',
    help: { en: 'Another one only for a proxy or the simulator.', 'zh-CN': '仅在使用代理或模拟器时修改。' },
  },
  {
    key: 'windowMinutes',
    kind: 'number',
    label: { en: 'Oldest callback (minutes)', 'zh-CN': '回调最长时效（分钟）' },
    default: 5,
    min: 1,
    max: 1440,
    help: {
      en: 'The platform repeats a callback within seconds, so five minutes leave room for clocks.',
      'zh-CN': '平台在数秒内重试，五分钟足以容纳时钟误差。',
    },
  },
  {
    key: 'replyHours',
    kind: 'number',
    label: { en: 'Reply window (hours)', 'zh-CN': '可回复时长（小时）' },
    default: 48,
    min: 1,
    max: 720,
  },
  {
    key: 'replyCount',
    kind: 'number',
    label: { en: 'Replies in the window', 'zh-CN': '可回复条数' },
    default: 5,
    min: 1,
    max: 1000,
    help: {
      en: 'After each message of the customer; the platform has the last word.',
      'zh-CN': '客户每次来信后可回复的条数，以平台为准。',
    },
  },
];

/** @throws Refusal `settings-invalid` */
export function checkWechatSettings(settings: WechatSettings): void {
  if (settings.mode === 'plain' && settings.encodingAesKey === undefined) return;
  if (settings.encodingAesKey === undefined) {
    throw new Refusal('settings-invalid', `settings.encodingAesKey: is needed in ${settings.mode} mode.`, {
      field: 'settings.encodingAesKey',
    });
  }
  try {
    readAesKey(settings.encodingAesKey);
  } catch (error) {
    throw new Refusal('settings-invalid', 'settings.encodingAesKey: expected 43 characters of Base64.', {
      field: 'settings.encodingAesKey',
      cause: error,
    });
  }
}
