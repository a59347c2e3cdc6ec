import type { Call, Locale, ParleyFunction, Theme, WidgetEvents } from './api.ts';
import type { ChannelConfig, Chat, ChatModule } from './chat-contract.ts';
import { unreadKey, visitorKey } from './chat-contract.ts';
import { safeColor } from './colors.ts';
import type { Launcher } from './launcher.ts';
import { createLauncher } from './launcher.ts';
import { chooseLocale } from './locale.ts';

/** The chat's file name, with its hash; put in by the build. */
declare const __CHAT_FILE__: string;

type Listeners = { [E in keyof WidgetEvents]?: ((data: WidgetEvents[E]) => void)[] };

const script = document.currentScript ?? document.querySelector('script[data-channel][src*="widget.js"]');
if (script instanceof HTMLScriptElement && window.Parley?.loaded !== true) start(script);

function start(tag: HTMLScriptElement): void {
  const server = new URL(tag.src).origin;
  const { channel = '', locale: wished, color, position, theme: look = 'auto', mode } = tag.dataset;
  const page = mode === 'page';
  const listeners: Listeners = {};
  let waiting: Call[] = [];
  let theme = look as Theme;
  let locale = chooseLocale([wished, ...navigator.languages]);
  let config: ChannelConfig | undefined;
  let launcher: Launcher | undefined;
  let loading: Promise<Chat | undefined> | undefined;
  let isOpen = false;
  let isGone = false;

  function emit<E extends keyof WidgetEvents>(event: E, data: WidgetEvents[E]): void {
    if (event === 'unread') launcher?.setUnread(data as number);
    if (event === 'open' || event === 'close') {
      isOpen = event === 'open';
      launcher?.setOpen(isOpen);
    }
    for (const listener of listeners[event] ?? []) listener(data);
  }

  /** Loads the chat on first need. A load that failed is tried again at the next need. */
  function load(): Promise<Chat | undefined> {
    loading ??= importChat().catch(() => {
      loading = undefined;
      emit('error', { code: 'load-failed', message: 'The chat could not be loaded.' });
      return undefined;
    });
    return loading;
  }
  async function importChat(): Promise<Chat | undefined> {
    const address = `${server}/widget/${__CHAT_FILE__}`;
    const { mountChat } = (await import(/* @vite-ignore */ address)) as ChatModule;
    if (isGone || launcher === undefined || config === undefined) return undefined;
    return mountChat({ root: launcher.root, server, config, locale, page, emit });
  }
  function withChat(run: (chat: Chat) => void): void {
    void load().then((chat) => chat && run(chat));
  }

  function run(call: Call): void {
    const [command, ...values] = call;
    if (command === 'on') {
      const [event, listener] = values as [keyof WidgetEvents, (data: never) => void];
      // biome-ignore lint/suspicious/noAssignInExpressions: the list is made where it is first needed
      ((listeners[event] ??= []) as ((data: never) => void)[]).push(listener);
    } else if (command === 'destroy') destroy();
    else if (command === 'setTheme') setTheme(values[0] as Theme);
    else if (config === undefined) waiting.push(call);
    else if (command === 'toggle') withChat((chat) => (isOpen ? chat.close() : chat.open()));
    else {
      if (command === 'setLocale') setLocale(values[0] as Locale);
      // Nothing to close, forget or translate while there is no chat yet.
      if (loading === undefined && (command === 'close' || command === 'setLocale')) return;
      withChat((chat) => (chat[command] as (...values: unknown[]) => void)(...values));
    }
  }
  function setTheme(next: Theme): void {
    theme = next;
    launcher?.setTheme(next);
  }
  function setLocale(next: Locale): void {
    locale = chooseLocale([next]);
    launcher?.setLocale(locale);
  }
  function destroy(): void {
    isGone = true;
    void loading?.then((chat) => chat?.destroy());
    launcher?.remove();
    delete window.Parley;
  }

  async function begin(): Promise<void> {
    const response = await fetch(`${server}/api/v1/visitor/config?channelId=${encodeURIComponent(channel)}`);
    if (response.status >= 500) throw response;
    // A chat that is switched off shows no button, rather than one that leads nowhere.
    if (!response.ok || isGone) return;
    const settings = (await response.json()) as ChannelConfig;
    config = {
      ...settings,
      color: safeColor(color, safeColor(settings.color, '#1f6feb')),
      position: (position ?? settings.position) === 'left' ? 'left' : 'right',
    };
    const onClick = () => run(['toggle']);
    launcher = createLauncher({ config, theme, page, locale, onClick, onNear: () => void load() });
    launcher.setUnread(Number(stored(unreadKey(channel))));
    const calls = waiting;
    waiting = [];
    calls.forEach(run);
    if (page) run(['open']);
    connectIfKnown();
    // Another tab may begin the conversation, or did so while this page lay in the browser's memory (bfcache).
    for (const type of ['storage', 'pageshow']) addEventListener(type, connectIfKnown);
  }
  /** Who has written before is connected at once, so that the badge is true. */
  function connectIfKnown(): void {
    if (!isGone && stored(visitorKey(channel)) !== null) void load();
  }
  /** Without a server to be reached there is no button; it comes when the server does. */
  function tryToBegin(againAfterMs: number): void {
    begin().catch(() => setTimeout(tryToBegin, againAfterMs, Math.min(2 * againAfterMs, 300_000)));
  }

  const queued = window.Parley?.q ?? [];
  const parley: ParleyFunction = (...call: Call) => run(call);
  parley.loaded = true;
  window.Parley = parley;
  queued.forEach(run);
  const beginSoon = () => tryToBegin(5_000);
  if (document.body === null) document.addEventListener('DOMContentLoaded', beginSoon);
  else beginSoon();
}

function stored(key: string): string | null {
  try {
    return localStorage.getItem(key);
  } catch {
    // The page may not store anything: then nobody is known.
    return null;
  }
}
