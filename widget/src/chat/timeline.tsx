import type { SystemContent } from '@parley/sdk/protocol.ts';
import { useEffect, useLayoutEffect, useMemo, useRef, useState } from 'preact/hooks';
import { useScope } from './chat-context.ts';
import { ContentView } from './content.tsx';
import { formatDay, formatTime } from './formats.ts';
import { HelpSearch } from './help-search.tsx';
import { Icon } from './icons.tsx';
import type { MessageItem, TimelineItem } from './timeline-items.ts';
import { timelineItems } from './timeline-items.ts';
import type { Words } from './words.ts';

const nearPx = 80;

/** The log: follows the newest while the visitor looks at it, and stays where it is while they read above. */
export function Timeline() {
  const { session, words, host, locale } = useScope();
  const { view } = session;
  const log = useRef<HTMLDivElement>(null);
  const followed = useRef(true);
  const lastTop = useRef(0);
  const heightBefore = useRef(0);
  const [behind, setBehind] = useState(false);
  const messages = view?.messages;
  const pending = view?.pending;
  const readSeq = view?.conversation?.agentReadSeq ?? 0;
  const agent = view?.conversation?.status === 'agent';
  const items = useMemo(
    () => timelineItems(messages ?? [], pending ?? [], { agent, readSeq }),
    [messages, pending, agent, readSeq],
  );
  const newest = items.at(-1)?.key;
  const oldest = messages?.[0]?.seq;
  const mineLast = pending?.at(-1)?.clientId;

  const toEnd = () => {
    if (log.current !== null) log.current.scrollTop = log.current.scrollHeight;
    setBehind(false);
  };
  useLayoutEffect(() => {
    followed.current ||= mineLast !== undefined;
    if (followed.current) toEnd();
    else setBehind(true);
  }, [newest, mineLast]);
  // Older ones come in above: what the visitor reads stays in its place.
  useLayoutEffect(() => {
    const { current } = log;
    if (current !== null && heightBefore.current > 0) current.scrollTop += current.scrollHeight - heightBefore.current;
    heightBefore.current = 0;
  }, [oldest]);
  useEffect(() => followSize(log.current, () => followed.current && toEnd()), []);

  function onScroll(): void {
    if (log.current === null) return;
    const { scrollTop, scrollHeight, clientHeight } = log.current;
    const isNear = scrollHeight - scrollTop - clientHeight < nearPx;
    // What arrives moves the end away without anybody having scrolled: only a move upwards lets go of it.
    followed.current = isNear || (followed.current && scrollTop >= lastTop.current);
    lastTop.current = scrollTop;
    if (isNear) setBehind(false);
  }
  function loadOlder(): void {
    heightBefore.current = log.current?.scrollHeight ?? 0;
    followed.current = false;
    // Offline: the button stays, and can be pressed again.
    view?.loadOlder().catch(() => undefined);
  }
  const greeting = host.config.greeting[locale] || words.greeting;
  return (
    <div class="log-frame">
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by keyboard */}
      <div class="log" role="log" aria-live="polite" aria-label={words.log} tabIndex={0} ref={log} onScroll={onScroll}>
        <div class="entries">
          {view?.hasOlder ? (
            <button type="button" class="pill older" onClick={loadOlder}>
              {words.earlier}
            </button>
          ) : (
            <div class="welcome" dir="auto">
              {greeting}
            </div>
          )}
          {host.config.help && items.length === 0 && <HelpSearch />}
          {items.map((item) => (
            <Entry key={item.key} item={item} />
          ))}
          <Typing />
        </div>
      </div>
      {behind && (
        <button type="button" class="pill newest" onClick={toEnd}>
          {words.newest} <Icon name="down" />
        </button>
      )}
    </div>
  );
}

/** Calls back when the frame or what is inside changes its height: a keyboard came up, a picture arrived. */
function followSize(log: HTMLElement | null, changed: () => void): () => void {
  const observer = new ResizeObserver(changed);
  for (const element of [log, log?.firstElementChild]) if (element) observer.observe(element);
  return () => observer.disconnect();
}

function Entry({ item }: { item: TimelineItem }) {
  const { locale, words } = useScope();
  switch (item.kind) {
    case 'day':
      return <div class="day">{formatDay(item.at, Date.now(), locale, words)}</div>;
    case 'system':
      return (
        <div class="happened" dir="auto">
          {systemWords(item.content, words)}
        </div>
      );
    default:
      return <Said item={item} />;
  }
}

function Said({ item }: { item: MessageItem }) {
  const { words, locale } = useScope();
  const { mine, first, last, content, mark, at, open } = item;
  const who = mine ? words.you : nameOf(item, words);
  const bare =
    content?.type === 'image' || content?.type === 'sticker' || content?.type === 'card' || content?.type === 'link';
  return (
    <div class={`said ${mine ? 'mine' : 'theirs'}${first ? ' first' : ''}${last ? ' last' : ''}`}>
      {first && !mine ? (
        <div class="who" dir="auto">
          {who}
        </div>
      ) : (
        <span class="unseen">{who}: </span>
      )}
      <div class={`bubble${bare ? ' bare' : ''}`}>
        {content === undefined ? (
          <p class="text muted">{words.withdrawn}</p>
        ) : (
          <ContentView content={content} open={open} />
        )}
      </div>
      {(last || mark !== undefined) && (
        <div class="below">
          {mark !== 'failed' && <time dateTime={new Date(at).toISOString()}>{formatTime(at, locale)}</time>}
          {mark !== undefined && mark !== 'failed' && <span class="mark"> · {words[mark]}</span>}
          {mark === 'failed' && <Failed item={item} />}
        </div>
      )}
    </div>
  );
}

function Failed({ item: { clientId = '' } }: { item: MessageItem }) {
  const { session, words } = useScope();
  const error = session.view?.pending.find((entry) => entry.clientId === clientId)?.error;
  return (
    <span class="failed" role="alert" title={error?.message}>
      {words.failed}{' '}
      <button type="button" class="plain" onClick={() => session.view?.retry(clientId)}>
        {words.retry}
      </button>{' '}
      <button type="button" class="plain" onClick={() => session.view?.discard(clientId)}>
        {words.discard}
      </button>
    </span>
  );
}

function nameOf({ sender }: MessageItem, words: Words): string {
  if (sender.type === 'bot') {
    // Without a name of its own it is called what it is: that need not be said twice.
    const isNamed = sender.name !== undefined && sender.name !== words.bot;
    return isNamed ? `${sender.name} · ${words.bot}` : words.bot;
  }
  return sender.name ?? words.team;
}

function systemWords({ event, text, data }: SystemContent, words: Words): string {
  switch (event) {
    case 'conversation.assigned':
      return data?.agentName === undefined ? text : words.joined(data.agentName);
    case 'conversation.resolved':
      return words.resolved(data?.byName ?? '');
    case 'conversation.reopened':
      return words.reopened;
    case 'conversation.answer-later':
      return words.answerLater;
    case 'conversation.left':
      return words.closedSinceLeft;
    case 'conversation.given-back':
    case 'conversation.agent-gone':
      return words.givenBack;
    default:
      return text;
  }
}

function Typing() {
  const { session, words } = useScope();
  const typing = session.view?.typing;
  if (typing === undefined || typing.by === 'contact') return null;
  const says = words.typing(typing.name ?? (typing.by === 'bot' ? words.bot : words.team));
  return (
    <div class="said theirs first last typing">
      <div class="bubble" role="img" aria-label={says} title={says}>
        <i />
        <i />
        <i />
      </div>
      <div class="below">{says}</div>
    </div>
  );
}
