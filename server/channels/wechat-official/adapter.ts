import type { Capabilities } from '@parley/sdk/protocol.ts';
import type { ChannelAdapter, ChannelContext, ChannelInstance } from '../../gateway/channel-adapter.ts';
import { createCallbackReader } from './callbacks.ts';
import { createWechatApi } from './platform-api.ts';
import { createSender } from './send.ts';
import { checkWechatSettings, type WechatSettings, wechatSettings } from './settings.ts';

/** WeChat's own rules ("客服消息" of a service account): five replies within 48 hours of the customer's message. */
const capabilities: Capabilities = {
  content: ['text', 'image', 'audio', 'video', 'link', 'choices'],
  maxTextBytes: 2_048,
  maxChoices: 10,
  maxFileBytes: 10 * 1024 * 1024,
  typing: true,
  receipts: { delivered: false, read: false },
  // The platform knows no idempotency key and tells no id: a send without an answer is shown to a person.
  idempotentSend: false,
  rate: { perSecond: 20, burst: 40 },
  replyWindow: { durationMs: 48 * 60 * 60_000, messages: 5 },
  recall: false,
  edit: false,
};

/** A WeChat Official Account (公众号, 服务号): callbacks in, customer-service messages out. See docs/channels/wechat-official.md. */
export const wechatOfficial: ChannelAdapter<WechatSettings> = {
  type: 'wechat-official',
  name: { en: 'WeChat Official Account', 'zh-CN': '微信公众号' },
  description: {
    en: 'Followers of a WeChat official or service account.',
    'zh-CN': '微信公众号 / 服务号的粉丝消息。',
  },
  settings: wechatSettings,
  capabilities,
  maxBodyBytes: 256 * 1024,
  checkSettings: checkWechatSettings,
  open: openWechat,
};

function openWechat(context: ChannelContext<WechatSettings>): ChannelInstance {
  const api = createWechatApi(context);
  return {
    receive: createCallbackReader(context.settings, context.now),
    send: createSender(context, api),
    typing: async (to, on, signal) => {
      const command = on ? 'Typing' : 'CancelTyping';
      await api.post('/cgi-bin/message/custom/typing', () => ({ touser: to.contactExternalId, command }), { signal });
    },
    download: api.download,
    check: api.check,
  };
}
