import { maxFileBytes, maxTextBytes } from '@parley/sdk/protocol.ts';
import type { ChannelAdapter } from '../../gateway/channel-adapter.ts';
import type { WebSettings } from '../../gateway/web-settings.ts';

/**
 * The chat on a web page or in an app: visitors hold a WebSocket to us, so there is no platform in between, nothing to
 * verify from one, and nothing to send through an outbox. What the customer sees follows the event bus, as the agent's
 * screen does.
 */
export const web: ChannelAdapter<WebSettings> = {
  type: 'web',
  name: { en: 'Web chat', 'zh-CN': '网页聊天' },
  description: {
    en: 'The chat on your web site or in your app, with one script tag.',
    'zh-CN': '网站或 App 内的在线聊天，一行脚本即可接入。',
  },
  maxBodyBytes: 0,
  settings: [
    {
      key: 'title',
      kind: 'text',
      label: { en: 'Title', 'zh-CN': '标题' },
      help: { en: 'Shown at the top of the chat.', 'zh-CN': '显示在聊天窗口顶部。' },
    },
    { key: 'greeting', kind: 'text', label: { en: 'Greeting (English)', 'zh-CN': '欢迎语（英文）' } },
    { key: 'greetingZh', kind: 'text', label: { en: 'Greeting (Chinese)', 'zh-CN': '欢迎语（中文）' } },
    {
      key: 'color',
      kind: 'text',
      label: { en: 'Colour', 'zh-CN': '主题色' },
      help: { en: 'Six hexadecimal digits, such as #1f6feb.', 'zh-CN': '六位十六进制颜色，例如 #1f6feb。' },
      default: '#1f6feb',
      pattern: '#[0-9a-fA-F]{6}',
    },
    {
      key: 'position',
      kind: 'select',
      label: { en: 'Position', 'zh-CN': '位置' },
      default: 'right',
      options: [
        { value: 'right', label: { en: 'Bottom right', 'zh-CN': '右下角' } },
        { value: 'left', label: { en: 'Bottom left', 'zh-CN': '左下角' } },
      ],
    },
    { key: 'launcherText', kind: 'text', label: { en: 'Button text', 'zh-CN': '按钮文字' } },
    {
      key: 'allowedOrigins',
      kind: 'list',
      label: { en: 'Allowed sites', 'zh-CN': '允许的网站' },
      help: {
        en: 'Origins that may embed the chat, such as https://shop.example. Empty: any.',
        'zh-CN': '允许嵌入聊天的来源，例如 https://shop.example；留空表示不限制。',
      },
      default: [],
    },
    {
      key: 'identitySecret',
      kind: 'secret',
      label: { en: 'Identity secret', 'zh-CN': '身份验证密钥' },
      help: {
        en: 'Your site proves who is signed in with it: HMAC-SHA256 of the customer id, or a JWT (HS256). At least 16 characters.',
        'zh-CN': '网站用它证明登录客户的身份：对客户编号做 HMAC-SHA256，或签发 JWT（HS256）。至少 16 个字符。',
      },
      pattern: '.{16,}',
      invented: { of: 'letters-and-digits', length: 43 },
    },
    {
      key: 'identityRequired',
      kind: 'boolean',
      label: { en: 'Only verified customers', 'zh-CN': '仅限已验证客户' },
      default: false,
    },
    {
      key: 'reopenHours',
      kind: 'number',
      label: { en: 'Reopen within hours', 'zh-CN': '多少小时内重新打开' },
      help: {
        en: 'A customer who writes again within this time continues the closed conversation; later begins a new one.',
        'zh-CN': '客户在此时间内再次来信将继续已关闭的会话，否则开始新会话。',
      },
      default: 72,
      min: 0,
      max: 8760,
    },
  ],
  capabilities: {
    content: [
      'text',
      'image',
      'audio',
      'video',
      'file',
      'location',
      'sticker',
      'link',
      'card',
      'choices',
      'form',
      'rating',
      'call',
      'system',
    ],
    maxTextBytes,
    maxFileBytes,
    typing: true,
    receipts: { delivered: false, read: true },
    idempotentSend: true,
    rate: { perSecond: 1_000, burst: 1_000 },
    recall: false,
    edit: false,
  },
  open: () => ({}),
};
