import type { ClientStatus } from '@parley/sdk/client-api.ts';
import { useEffect, useRef, useState } from 'preact/hooks';
import { useChanges, useScope } from './chat-context.ts';
import { Composer } from './composer.tsx';
import { Icon } from './icons.tsx';
import { Timeline } from './timeline.tsx';
import type { VisitorSession } from './visitor-session.ts';
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

  function onKeyDown(event: KeyboardEvent): void {
    if (event.key !== 'Escape' || event.isComposing || host.page) return;
    event.stopPropagation();
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
      aria-modal={!host.page && matchMedia('(max-width: 480px)').matches}
      ref={panel}
      onKeyDown={onKeyDown}
      onDrop={onDrop}
      onDragOver={onDragOver}
      onDragLeave={() => setDropping(false)}
    >
      <div class="head">
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

function subtitle({ view }: VisitorSession, words: Words): string {
  const conversation = view?.conversation;
  if (conversation?.status === 'closed') return words.closed;
  const agent = view?.messages.findLast(({ sender }) => sender.type === 'agent')?.sender.name;
  if (conversation?.status === 'agent' && agent !== undefined) return words.talkingTo(agent);
  return words.waiting;
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
  const says = mustSignIn ? words.signIn : status && connectionWords(status, words);
  const [shown, setShown] = useState<string>();
  useEffect(() => {
    const timer = setTimeout(() => setShown(says), says === undefined ? 0 : calmMs);
    return () => clearTimeout(timer);
  }, [says]);
  return <div role="status">{shown !== undefined && <p class="connection">{shown}</p>}</div>;
}

function connectionWords(status: ClientStatus, words: Words): string | undefined {
  if (status.refused !== undefined) return words.refused;
  // The browser knows of a lost network before any of our requests can fail.
  if (!navigator.onLine) return words.offline;
  if (status.state === 'live') return undefined;
  return status.lastSyncAt === undefined ? words.connecting : words.reconnecting;
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
