import { ActionIcon, Button, Kbd, Tooltip, UnstyledButton, VisuallyHidden } from '@mantine/core';
import type { ConversationView } from '@parley/sdk/client-api.ts';
import type { Suggestion } from '@parley/sdk/protocol.ts';
import { IconBook2, IconBulb, IconChevronDown, IconHistory, IconMessage2Bolt, IconSend2 } from '@tabler/icons-react';
import { type MouseEvent, type RefObject, useEffect, useEffectEvent, useSyncExternalStore } from 'react';
import { useTranslation } from 'react-i18next';
import { notifyFailure } from '../app/notify.ts';
import { useIsPhone } from '../app/screen.ts';
import type { ComposerHandle } from '../composer/composer.tsx';
import { useModes } from '../composer/composer-mode.tsx';
import { drafts } from '../composer/drafts.ts';
import { setPreferences, usePreferences } from '../session/preferences.ts';
import { useDelayedSend } from './delayed-send.ts';
import { otherAction, type ReplyAction, suggestionKey } from './suggestion-key.ts';
import { unansweredSeq } from './suggestion-queries.ts';
import styles from './suggestions.module.css';
import { useHold, useSuggestions } from './use-suggestions.ts';

const sourceIcons = { 'canned-reply': IconMessage2Bolt, article: IconBook2, 'past-answer': IconHistory };

type StripProps = {
  view: ConversationView;
  conversationId: string;
  composer: RefObject<ComposerHandle | null>;
};

/** Recommended replies over the composer. Keep it mounted with the conversation's id as key. */
export function SuggestionStrip({ view, conversationId, composer }: StripProps) {
  const { t } = useTranslation();
  const { replyAction, suggestionKeys, suggestionsShown: isOpen } = usePreferences();
  const { isHeld, hold, release } = useHold();
  const modes = useModes(view.conversation);
  const draft = useSyncExternalStore(drafts.subscribe, () => drafts.get(conversationId));
  const mayReply = modes.includes('reply') && view.conversation !== undefined;
  const afterSeq = unansweredSeq(view.messages);
  const items = useSuggestions({
    ...{ conversationId, afterSeq, draft: draft.reply, isHeld },
    enabled: mayReply && view.conversation?.status !== 'closed',
  });
  const sending = useDelayedSend((text) => {
    try {
      view.send({ type: 'text', text }, { private: false });
    } catch (error) {
      notifyFailure(error);
    }
  });

  function take(item: Suggestion | undefined, action: ReplyAction): boolean {
    if (item === undefined || !mayReply) return false;
    if (action === 'insert') composer.current?.insertReply(item.text);
    else {
      sending.start(item.text);
      composer.current?.focus('reply');
    }
    return true;
  }
  const onKeyDown = useEffectEvent((event: KeyboardEvent) => {
    const meant = suggestionKeys && isOpen ? suggestionKey(event, replyAction) : undefined;
    if (meant !== undefined && take(items[meant.index], meant.action)) event.preventDefault();
  });
  useEffect(() => {
    const listen = (event: KeyboardEvent) => onKeyDown(event);
    document.addEventListener('keydown', listen);
    return () => document.removeEventListener('keydown', listen);
  }, []);

  if (sending.text !== undefined) return <Sending text={sending.text} onUndo={sending.undo} onNow={sending.now} />;
  return (
    <>
      {/* Stays in the page, so that what comes into it is read out. */}
      <VisuallyHidden role="status">
        {items[0] === undefined ? '' : t('suggestions.announced', { n: items.length, text: items[0].text })}
      </VisuallyHidden>
      {items.length > 0 && (
        <section
          className={styles.strip}
          aria-label={t('suggestions.title')}
          onPointerMove={hold}
          onPointerLeave={release}
          onFocus={hold}
          onBlur={release}
        >
          <UnstyledButton
            className={styles.toggle}
            aria-expanded={isOpen}
            onClick={() => setPreferences({ suggestionsShown: !isOpen })}
          >
            <IconBulb size={14} aria-hidden="true" />
            {t('suggestions.title')}
            {!isOpen && <span className={styles.count}>{items.length}</span>}
            <IconChevronDown size={14} className={styles.chevron} aria-hidden="true" />
          </UnstyledButton>
          {isOpen && (
            <ul className={styles.list}>
              {items.map((item, index) => (
                <Card
                  key={item.id}
                  item={item}
                  keys={suggestionKeys ? `Alt+${index + 1}` : undefined}
                  action={replyAction}
                  onTake={(action) => take(item, action)}
                />
              ))}
            </ul>
          )}
        </section>
      )}
    </>
  );
}

type CardProps = {
  item: Suggestion;
  keys: string | undefined;
  action: ReplyAction;
  onTake: (action: ReplyAction) => void;
};

function Card({ item, keys, action, onTake }: CardProps) {
  const { t, i18n } = useTranslation();
  const isPhone = useIsPhone();
  const Icon = sourceIcons[item.source.kind];
  const percent = new Intl.NumberFormat(i18n.language, { style: 'percent', maximumFractionDigits: 0 });
  const score = percent.format(item.score);
  const kind = t(`suggestions.source.${item.source.kind}`);
  const why = item.why.map(({ key, data, text }) =>
    t(`suggestions.why.${key}` as never, { ...data, defaultValue: text }),
  );
  function onClick(event: MouseEvent): void {
    onTake(event.ctrlKey || event.metaKey ? otherAction(action) : action);
  }
  return (
    <li className={styles.card}>
      <Tooltip
        label={[item.text, [kind, item.source.title].join(': '), ...why].join('\n')}
        multiline
        maw={420}
        openDelay={700}
        disabled={isPhone}
        classNames={{ tooltip: styles.tooltip ?? '' }}
      >
        <UnstyledButton className={styles.take} onClick={onClick} aria-keyshortcuts={keys}>
          <span className={styles.text}>
            <VisuallyHidden component="span">{t(`suggestions.${action}`)}: </VisuallyHidden>
            {item.text}
          </span>
          <span className={styles.meta}>
            <Icon size={13} aria-hidden="true" />
            <span className={styles.source}>
              {item.source.kind === 'past-answer' ? kind : item.source.title || kind}
            </span>
            <VisuallyHidden component="span">{score}</VisuallyHidden>
            <span className={styles.bar} aria-hidden="true">
              <span style={{ width: `${Math.round(item.score * 100)}%` }} />
            </span>
            {keys !== undefined && !isPhone && <Kbd size="xs">{keys}</Kbd>}
          </span>
        </UnstyledButton>
      </Tooltip>
      <Tooltip label={t(`suggestions.${otherAction(action)}`)} openDelay={400}>
        <ActionIcon
          variant="subtle"
          color="gray"
          size="sm"
          className={styles.other}
          aria-label={t(`suggestions.${otherAction(action)}Label`, { text: item.text, source: kind, score })}
          onClick={() => onTake(otherAction(action))}
        >
          {action === 'insert' ? <IconSend2 size={15} /> : <IconMessage2Bolt size={15} />}
        </ActionIcon>
      </Tooltip>
    </li>
  );
}

/** What is about to leave, while it can be kept. */
function Sending({ text, onUndo, onNow }: { text: string; onUndo: () => void; onNow: () => void }) {
  const { t } = useTranslation();
  return (
    <div className={styles.sending} role="status">
      <span className={styles.text}>{t('suggestions.sending', { text })}</span>
      <span className={styles.sendingBar} aria-hidden="true" />
      <Button size="compact-sm" variant="default" onClick={onUndo}>
        {t('suggestions.undo')}
      </Button>
      <Button size="compact-sm" variant="light" onClick={onNow}>
        {t('suggestions.sendNow')}
      </Button>
    </div>
  );
}
