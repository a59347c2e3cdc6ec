import type { ClientStatus } from '@parley/sdk/client-api.ts';
import { useEffect, useRef, useState } from 'preact/hooks';
import { AskForPerson } from './ask-for-person.tsx';
import { useChanges, useScope } from './chat-context.ts';
import { Composer } from './composer.tsx';
import { Icon } from './icons.tsx';
import { Timeline } from './timeline.tsx';
import type { VisitorSession } from './visitor-session.ts';
import { WaitBar } from './wait-bar.tsx';
import type { Words } from './words.ts';

/** The open chat. */
export function Panel({
  prefilled,
  notice,
  onNotice,
}: {
  prefilled: number;
  notice: string;
  onNotice: (notice: string) => void;
}) {
  const { session, words, host, close, uploads } = useScope();
  const panel = useRef<HTMLDivElement>(null);
  const [dropping, setDropping] = useState(false);
  useChanges(session);
  useEffect(() => {
    if (!host.page) panel.current?.querySelector('textarea')?.focus();
  }, [host]);
  useEffect(() => followKeyboard(panel.current), []);
  const covers = !host.page && matchMedia('(max-width: 480px)').matches;
  useEffect(() => (covers ? followBackGesture(close) : undefined), [covers, close]);

  function onKeyDown(event: KeyboardEvent): void {
    if (event.key === 'Tab' && covers) keepFocus(event, panel.current);
    if (event.key !== 'Escape' || event.isComposing || host.page) return;
    event.stopPropagation();
    event.preventDefault();
    close();
  }
  function onDrop(event: DragEvent): void {
    event.preventDefault();
    setDropping(false);
    uploads.add(event.dataTransfer?.files ?? []);
  }
  function onDragOver(event: DragEvent): void {
    if (!event.dataTransfer?.types.includes('Files')) return;
    event.preventDefault();
    setDropping(true);
  }
  const title = host.config.title || words.chat;
  return (
    <div
      class="panel"
      role="dialog"
      aria-label={title}
      aria-modal={covers}
      ref={panel}
      onKeyDown={onKeyDown}
      onDrop={onDrop}
      onDragOver={onDragOver}
      onDragLeave={() => setDropping(false)}
    >
      <div class="head">
        <Face name={talkingTo(session)} />
        <div class="head-words">
          <h2 dir="auto">{title}</h2>
          <p dir="auto">{subtitle(session, words)}</p>
        </div>
        {!host.page && (
          <button type="button" class="tool on-accent" aria-label={words.close} title={words.close} onClick={close}>
            <Icon name="down" />
          </button>
        )}
      </div>
      <ConnectionBar />
      <Timeline />
      <WaitBar />
      <AskForPerson />
      {notice !== '' && (
        <p class="notice" role="alert">
          {notice}
        </p>
      )}
      {dropping && (
        <div class="drop" aria-hidden="true">
          {words.dropHere}
        </div>
      )}
      <Composer prefilled={prefilled} onNotice={onNotice} />
    </div>
  );
}

/** The agent who has the conversation and has spoken. */
function talkingTo({ view }: VisitorSession): string | undefined {
  if (view?.conversation?.status !== 'agent') return undefined;
  return view.messages.findLast(({ sender }) => sender.type === 'agent')?.sender.name;
}

function subtitle(session: VisitorSession, words: Words): string {
  if (session.view?.conversation?.status === 'closed') return words.closed;
  const agent = talkingTo(session);
  return agent === undefined ? words.waiting : words.talkingTo(agent);
}

/** The first letter of who answers, or the sign of the chat while nobody does. */
function Face({ name = '' }: { name: string | undefined }) {
  const [letter] = name.trim();
  return (
    <span class="face" aria-hidden="true">
      {letter?.toUpperCase() ?? <Icon name="talk" />}
    </span>
  );
}

const network = {
  subscribe(changed: () => void): () => void {
    for (const type of ['online', 'offline']) addEventListener(type, changed);
    return () => {
      for (const type of ['online', 'offline']) removeEventListener(type, changed);
    };
  },
};
const calmMs = 1_200;

/** Says so when the line is down, but not for the blink of an eye in which most lines come back. */
function ConnectionBar() {
  const { session, words } = useScope();
  const { status, mustSignIn } = session;
  useChanges(network);
  const says = mustSignIn ? words.signIn : status && connectionWords(status, session.hasConnected, words);
  const [shown, setShown] = useState<string>();
  useEffect(() => {
    const timer = setTimeout(() => setShown(says), says === undefined ? 0 : calmMs);
    return () => clearTimeout(timer);
  }, [says]);
  return <div role="status">{shown !== undefined && <p class="connection">{shown}</p>}</div>;
}

function connectionWords(status: ClientStatus, hasConnected: boolean, words: Words): string | undefined {
  if (status.refused !== undefined) return words.refused;
  // The browser knows of a lost network before any of our requests can fail.
  if (!navigator.onLine) return words.offline;
  if (status.state === 'live') return undefined;
  return hasConnected ? words.reconnecting : words.connecting;
}

/** The chat covers the page: the focus goes round in it, and not where nobody sees it. */
function keepFocus(event: KeyboardEvent, panel: HTMLElement | null): void {
  const all = panel?.querySelectorAll<HTMLElement>(
    'a[href],button:not(:disabled),input,select,textarea,[tabindex="0"]',
  );
  const stops = [...(all ?? [])].filter((stop) => stop.tabIndex >= 0 && stop.getClientRects().length > 0);
  const [leaving, entering] = event.shiftKey ? [stops.at(0), stops.at(-1)] : [stops.at(-1), stops.at(0)];
  if (event.target !== leaving) return;
  event.preventDefault();
  entering?.focus();
}

/** https://html.spec.whatwg.org/multipage/interaction.html#closewatcher, which the compiler's library lacks. */
declare class CloseWatcher extends EventTarget {
  destroy(): void;
}

/** The way back on a phone (a button, a swipe) leads out of the chat, in browsers that can tell us of it. */
function followBackGesture(close: () => void): (() => void) | undefined {
  if (!('CloseWatcher' in window)) return undefined;
  const watcher = new CloseWatcher();
  watcher.addEventListener('close', close);
  return () => watcher.destroy();
}

/** On phones the panel is as tall as what the on-screen keyboard leaves. */
function followKeyboard(panel: HTMLElement | null): (() => void) | undefined {
  const viewport = window.visualViewport;
  if (panel === null || viewport === null) return undefined;
  const fit = () => {
    panel.style.setProperty('--seen-height', `${viewport.height}px`);
    panel.style.setProperty('--seen-top', `${viewport.offsetTop}px`);
  };
  fit();
  viewport.addEventListener('resize', fit);
  viewport.addEventListener('scroll', fit);
  return () => {
    viewport.removeEventListener('resize', fit);
    viewport.removeEventListener('scroll', fit);
  };
}
