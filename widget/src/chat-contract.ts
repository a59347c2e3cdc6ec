import type { Identity, Locale, WidgetEvents } from './api.ts';

/** What the loader and the chat, two files that browsers cache apart, know of each other. */
export interface ChatHost {
  /** Where the chat draws itself, beside the launcher. */
  root: ShadowRoot;
  /** Origin of the Parley server, without a trailing slash. */
  server: string;
  config: ChannelConfig;
  locale: Locale;
  /** The whole page is the chat: always open, no launcher. */
  page: boolean;
  emit<E extends keyof WidgetEvents>(event: E, data: WidgetEvents[E]): void;
}

export interface Chat {
  open(): void;
  close(): void;
  /** Draws the open or closed state again in this language. */
  setLocale(locale: Locale): void;
  identify(identity: Identity): void;
  sendMessage(text: string): void;
  prefill(text: string): void;
  reset(): void;
  destroy(): void;
}

/** The module that the loader imports. */
export interface ChatModule {
  mountChat(host: ChatHost): Chat;
}

/** Answer of `GET /api/v1/visitor/config`, as far as it is used. */
export interface ChannelConfig {
  channelId: string;
  title: string;
  greeting: Record<Locale, string>;
  color: string;
  position: 'right' | 'left';
  launcherText: string;
  maxFileBytes: number;
  /** There is a help centre to search in. */
  help: boolean;
}

/** What this browser remembers of a visitor of this channel lies under this key, from the first use on. */
export const visitorKey = (channelId: string): string => `parley.${channelId}`;
/** How many messages waited to be read when the chat last knew, while there were any: the badge before the chat is there. */
export const unreadKey = (channelId: string): string => `${visitorKey(channelId)}.unread`;
