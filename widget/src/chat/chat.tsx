import type { Content, Message } from '@parley/sdk/protocol.ts';
import { render } from 'preact';
import type { Locale } from '../api.ts';
import type { Chat, ChatHost, ChatModule } from '../chat-contract.ts';
import { unreadKey } from '../chat-contract.ts';
import css from './chat.css?inline';
import { ScopeProvider } from './chat-context.ts';
import { keptValues } from './kept-values.ts';
import { Panel } from './panel.tsx';
import { createUploads } from './uploads.ts';
import { createVisitorSession, isSpoken } from './visitor-session.ts';
import { words as allWords } from './words.ts';

/** Begins the chat beside the launcher; closed, and connected if this visitor has written before. */
export const mountChat: ChatModule['mountChat'] = (host: ChatHost): Chat => {
  const sheet = new CSSStyleSheet();
  sheet.replaceSync(css);
  host.root.adoptedStyleSheets.push(sheet);
  const place = document.createElement('div');
  place.className = host.page ? 'place page' : 'place';
  // Before the launcher: who tabs on from the page comes to the chat first, then to the button that closes it.
  host.root.firstElementChild?.prepend(place);

  let { locale } = host;
  let isOpen = false;
  let prefilled = 0;
  let notice = '';
  let unread: number | undefined;

  const kept = keptValues();
  const session = createVisitorSession({
    server: host.server,
    channelId: host.config.channelId,
    kept,
    onMessage: tellPage,
  });
  const uploads = createUploads({ api: session.api, maxFileBytes: host.config.maxFileBytes, send });

  function tellPage(message: Message): void {
    if (isSpoken(message)) {
      host.emit('message', {
        text: message.content.type === 'text' ? message.content.text : `[${message.content.type}]`,
      });
    }
  }
  function send(content: Content): boolean {
    try {
      session.send(content);
      return true;
    } catch (error) {
      if ((error as { code?: unknown }).code !== 'queue-full') throw error;
      setNotice(allWords[locale].queueFull);
      return false;
    }
  }
  function setNotice(next: string): void {
    if (next === notice) return;
    notice = next;
    draw();
  }
  function setOpen(next: boolean): void {
    if (isOpen === next) return;
    isOpen = next;
    // Before the panel goes, while the focus can still be seen to be in it: the launcher takes it back.
    if (!next) host.emit('close', undefined);
    draw();
    if (next) host.emit('open', undefined);
    settleRead();
  }
  /** What is on the screen is read; what is not is counted. */
  function settleRead(): void {
    if (session.unread && isOpen && document.visibilityState === 'visible') session.view?.markRead();
    const now = session.unread;
    if (now === undefined || now === unread) return;
    unread = now;
    const key = unreadKey(host.config.channelId);
    if (now > 0) kept.set(key, String(now));
    else kept.remove(key);
    host.emit('unread', now);
  }
  function draw(): void {
    const scope = { host, session, uploads, locale, words: allWords[locale], send, close, focusComposer };
    const panel = isOpen && <Panel prefilled={prefilled} notice={notice} onNotice={setNotice} />;
    render(<ScopeProvider value={scope}>{panel}</ScopeProvider>, place);
  }
  function close(): void {
    setOpen(false);
  }

  function focusComposer(): void {
    place.querySelector('textarea')?.focus();
  }

  const stop = session.subscribe(settleRead);
  document.addEventListener('visibilitychange', settleRead);
  settleRead();
  draw();
  return {
    open: () => setOpen(true),
    close,
    setLocale(next: Locale) {
      locale = next;
      draw();
    },
    identify(identity) {
      session.identify(identity).catch((error: { code?: string; message?: string }) => {
        host.emit('error', { code: error.code ?? 'failed', message: error.message ?? String(error) });
      });
    },
    sendMessage: (text) => void send({ type: 'text', text }),
    prefill(text) {
      session.draft = text;
      prefilled++;
      draw();
    },
    reset() {
      uploads.cancelAll();
      session.reset();
      prefilled++;
      draw();
    },
    destroy() {
      stop();
      document.removeEventListener('visibilitychange', settleRead);
      uploads.cancelAll();
      session.close();
      render(null, place);
    },
  };
};
