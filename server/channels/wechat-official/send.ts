import type { Content } from '@parley/sdk/protocol.ts';
import { Lru } from '../../base/lru.ts';
import {
  type ChannelContext,
  Gone,
  type Outbound,
  Rejected,
  RetryAfter,
  type Sent,
} from '../../gateway/channel-adapter.ts';
import { absoluteUrl } from '../../gateway/degrade.ts';
import { Refusal } from '../../gateway/refusal.ts';
import type { WechatApi } from './platform-api.ts';
import type { WechatSettings } from './settings.ts';

/** Uploaded files are kept for three days; a little less, so that none ends on its way. */
const mediaMs = 3 * 24 * 60 * 60_000 - 60 * 60_000;
const maxMedia = 1_000;

type MediaType = 'image' | 'voice' | 'video';

/** Sends the parts of one message as customer-service messages (客服消息), in order. */
export function createSender(
  context: ChannelContext<WechatSettings>,
  api: WechatApi,
): (outbound: Outbound, signal: AbortSignal) => Promise<Sent> {
  const uploaded = new Lru<string, { id: string; until: number }>(maxMedia);

  async function mediaId(type: MediaType, url: string, signal: AbortSignal): Promise<string> {
    const key = `${type} ${url}`;
    const known = uploaded.get(key);
    if (known !== undefined && known.until > context.now()) return known.id;
    if (!url.startsWith('/files/')) throw new Rejected('Only files that were uploaded here can be sent to WeChat.');
    const id = await api.upload(type, await openFile(url), signal);
    uploaded.set(key, { id, until: context.now() + mediaMs });
    return id;
  }

  /** Nothing was sent when a file cannot be opened, so the outcome is never in doubt. */
  async function openFile(url: string): ReturnType<typeof context.openFile> {
    try {
      return await context.openFile(url);
    } catch (error) {
      if (error instanceof Refusal) throw new Rejected(`The file cannot be sent: ${error.message}`, { cause: error });
      throw new RetryAfter('The file cannot be read now.', { cause: error });
    }
  }

  async function sendMedia(
    to: string,
    type: MediaType,
    content: { url: string; caption?: string },
    signal: AbortSignal,
  ): Promise<void> {
    let id = await mediaId(type, content.url, signal);
    const body = () => ({
      touser: to,
      msgtype: type,
      [type]: {
        media_id: id,
        ...(type === 'video' && content.caption !== undefined ? { title: content.caption } : {}),
      },
    });
    const forgotten = async () => {
      uploaded.delete(`${type} ${content.url}`);
      id = await mediaId(type, content.url, signal);
    };
    await api.post(path, body, { signal, forgotten });
    if (type !== 'video' && content.caption !== undefined) await sendCaption(to, content.caption, signal);
  }

  /**
   * The picture has arrived, and a later attempt of this part would send it again. So a caption that surely did not
   * get through is a person's affair, and not the outbox's.
   */
  async function sendCaption(to: string, caption: string, signal: AbortSignal): Promise<void> {
    try {
      await sendText(to, caption, signal);
    } catch (error) {
      if (!(error instanceof RetryAfter || error instanceof Rejected || error instanceof Gone)) throw error;
      throw new Rejected(`The file arrived, its caption did not: send that as a text. ${error.message}`, {
        cause: error,
      });
    }
  }

  async function sendText(to: string, text: string, signal: AbortSignal): Promise<void> {
    await api.post(path, () => ({ touser: to, msgtype: 'text', text: { content: text } }), { signal });
  }

  async function sendPart(to: string, part: Content, signal: AbortSignal): Promise<void> {
    switch (part.type) {
      case 'text':
        return sendText(to, part.text, signal);
      case 'image':
        return sendMedia(to, 'image', part, signal);
      case 'audio':
        return sendMedia(to, 'voice', part, signal);
      case 'video':
        return sendMedia(to, 'video', part, signal);
      case 'link': {
        const article = {
          title: part.title,
          description: part.description ?? '',
          url: absoluteUrl(part.url, context.publicUrl),
          ...(part.pictureUrl === undefined ? {} : { picurl: absoluteUrl(part.pictureUrl, context.publicUrl) }),
        };
        await api.post(path, () => ({ touser: to, msgtype: 'news', news: { articles: [article] } }), { signal });
        return;
      }
      case 'choices': {
        const list = part.choices.map(({ id, label }) => ({ id, content: label }));
        const msgmenu = { head_content: part.text, list, tail_content: '' };
        await api.post(path, () => ({ touser: to, msgtype: 'msgmenu', msgmenu }), { signal });
        return;
      }
      default:
        throw new Rejected(`WeChat cannot carry ${part.type}.`);
    }
  }

  return async (outbound, signal) => {
    for (let i = outbound.fromPart; i < outbound.parts.length; i++) {
      await sendPart(outbound.to.contactExternalId, outbound.parts[i] as Content, signal);
      await outbound.partSent(i);
    }
    context.report({ ok: true });
    // The platform tells no id of a message.
    return {};
  };
}

const path = '/cgi-bin/message/custom/send';
