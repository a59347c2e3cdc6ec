import { ActionIcon, Button, Textarea, Tooltip } from '@mantine/core';
import type { ConversationView } from '@parley/sdk/client-api.ts';
import { type Content, maxFileBytes } from '@parley/sdk/protocol.ts';
import { IconLock, IconMessage2Share, IconPaperclip, IconSend2 } from '@tabler/icons-react';
import { useMutation } from '@tanstack/react-query';
import {
  type ClipboardEvent,
  type KeyboardEvent,
  type RefObject,
  useCallback,
  useRef,
  useState,
  useSyncExternalStore,
} from 'react';
import { useTranslation } from 'react-i18next';
import { notify, notifyFailure } from '../app/notify.ts';
import { useIsPhone } from '../app/screen.ts';
import { AssistMenu } from '../assist/assist-menu.tsx';
import { AssistPreview } from '../assist/assist-preview.tsx';
import { useAssist } from '../assist/use-assist.ts';
import { useCapabilities } from '../channels/channel-queries.ts';
import { KnowledgeButton } from '../knowledge/knowledge-dialog.tsx';
import { SlashMenu } from '../knowledge/slash-menu.tsx';
import { useSlash } from '../knowledge/use-slash.ts';
import { withReply } from '../suggestions/suggestion-key.ts';
import { whisper } from '../team/team-queries.ts';
import { sizeText } from '../words/sizes.ts';
import { useNow } from '../words/time.ts';
import { AttachmentTray } from './attachment-tray.tsx';
import { type Attachments, attachmentsOf, contentOf } from './attachments.ts';
import styles from './composer.module.css';
import { ModeSwitch, useModes } from './composer-mode.tsx';
import { type Draft, drafts } from './drafts.ts';
import { EmojiPicker } from './emoji-picker.tsx';
import { LimitLines } from './limit-lines.tsx';
import { MoveNoteDialog } from './move-note-dialog.tsx';
import { OvertakenDialog, useOvertaken } from './overtaken.tsx';
import { replyLimits } from './reply-limits.ts';

const sendIcons = {
  reply: <IconSend2 size={16} />,
  whisper: <IconMessage2Share size={15} />,
  note: <IconLock size={15} />,
};
const sendWords = { reply: 'send', whisper: 'sendWhisper', note: 'addNote' } as const;
/** As many characters as the server takes. */
const maxWhisper = 4_000;

export type ComposerHandle = {
  focus(mode?: Draft['mode']): void;
  /** Puts a reply into the text that is being written. */
  insertReply(reply: string): void;
};

type ComposerProps = {
  view: ConversationView;
  conversationId: string;
  attachments: Attachments;
  handle: RefObject<ComposerHandle | null>;
};

/** Where the agent writes. Keep it mounted with the conversation's id as key. */
export function Composer(props: Omit<ComposerProps, 'attachments'>) {
  return <ComposerBox {...props} attachments={attachmentsOf(props.conversationId)} />;
}

function ComposerBox({ view, conversationId, attachments, handle }: ComposerProps) {
  const { t } = useTranslation();
  const isPhone = useIsPhone();
  const now = useNow(30_000);
  const area = useRef<HTMLTextAreaElement>(null);
  const draft = useSyncExternalStore(drafts.subscribe, () => drafts.get(conversationId));
  const files = useSyncExternalStore(attachments.list.subscribe, attachments.list.get);
  const capabilities = useCapabilities(view.conversation?.channelType);
  const assisting = useAssist(conversationId, view.conversation?.channelId);
  const [asking, setAsking] = useState(false);
  const overtaken = useOvertaken(view, draft.reply);
  const modes = useModes(view.conversation);
  const mode = modes.includes(draft.mode) ? draft.mode : (modes[0] ?? 'note');
  const isNote = mode === 'note';
  const isWhisper = mode === 'whisper';
  const text = draft[mode];

  const change = (patch: Partial<Draft>) => drafts.set(conversationId, { ...drafts.get(conversationId), ...patch });
  const focus = useCallback(() => area.current?.focus(), []);
  handle.current = {
    focus: (mode) => {
      if (mode !== undefined && mode !== drafts.get(conversationId).mode) change({ mode });
      focus();
    },
    insertReply: (reply) => {
      change({ mode: 'reply', reply: withReply(drafts.get(conversationId).reply, reply) });
      // The cursor stands at the end, where the next word comes.
      requestAnimationFrame(() => {
        focus();
        area.current?.setSelectionRange(area.current.value.length, area.current.value.length);
      });
    },
  };

  const ready = files.filter((entry) => entry.state === 'ready');
  const attached = ready.flatMap(({ media }) => (media === undefined ? [] : [contentOf(media)]));
  const limits = replyLimits({
    text,
    attached: isWhisper ? [] : attached,
    capabilities: mode === 'reply' ? capabilities : undefined,
    messages: view.messages,
    now,
  });
  const uploading = files.some((entry) => entry.state === 'uploading');
  const empty = text.trim() === '' && (isWhisper || ready.length === 0);
  const whispers = useMutation({
    mutationFn: (words: string) => whisper(conversationId, words),
    onSuccess: () => change({ whisper: '' }),
    onError: notifyFailure,
  });
  const blocked =
    empty ||
    (uploading && !isWhisper) ||
    whispers.isPending ||
    limits.some(({ kind }) => kind === 'too-long' || kind === 'unfilled');
  const slash = useSlash({
    conversationId,
    text,
    area,
    onInsert: (next, caret, kept) => {
      if (!isWhisper) attachments.addKept(kept);
      onChange(next);
      placeCaret(caret);
    },
  });

  function send(): void {
    if (blocked) return;
    if (isWhisper) {
      whispers.mutate(text.trim());
      focus();
      return;
    }
    if (mode === 'reply' && overtaken.ask()) return;
    const contents: Content[] = [...attached];
    if (text.trim() !== '') contents.push({ type: 'text', text: text.trim() });
    try {
      for (const content of contents) view.send(content, { private: isNote });
    } catch (error) {
      notifyFailure(isQueueFull(error) ? new Error(t('composer.queueFull')) : error);
      return;
    }
    attachments.takeReady();
    change({ [mode]: '' });
    view.setTyping(false);
    focus();
  }

  function onKeyDown(event: KeyboardEvent<HTMLTextAreaElement>): void {
    // While an input method composes, Enter chooses a candidate; some browsers say so by the key code 229 alone.
    if (event.nativeEvent.isComposing || event.keyCode === 229) return;
    if (slash.onKey(event)) return;
    if (event.key === 'Escape') {
      if (assisting.state === undefined) area.current?.blur();
      else assisting.discard();
    }
    // A phone's keyboard has no Shift+Enter at hand: there Enter begins a line and the button sends.
    const sends = event.key === 'Enter' && !event.shiftKey && (!isPhone || event.ctrlKey || event.metaKey);
    if (!sends) return;
    event.preventDefault();
    if (!event.repeat) send();
  }

  function onChange(value: string): void {
    // Of what is chosen by what one may do, and not by hand, the choice is kept with the words.
    change({ mode, [mode]: value });
    if (mode === 'reply') view.setTyping(value !== '');
  }

  function attach(list: readonly File[]): void {
    for (const { file, why } of attachments.add(list)) {
      const limit = sizeText(maxFileBytes);
      const message =
        why === 'empty'
          ? t('composer.emptyFile', { name: file.name })
          : t('composer.tooLarge', { name: file.name, size: sizeText(file.size), limit });
      notify({ color: 'red', message, autoClose: 8_000 });
    }
    focus();
  }

  function onPaste(event: ClipboardEvent): void {
    const pasted = [...event.clipboardData.files];
    if (pasted.length === 0 || isWhisper) return;
    event.preventDefault();
    attach(pasted);
  }

  function choose(mode: Draft['mode']): void {
    if (mode === 'reply' && draft.note.trim() !== '' && draft.reply.trim() === '') setAsking(true);
    else {
      change({ mode });
      focus();
    }
  }

  function insert(sign: string): void {
    const { selectionStart = text.length, selectionEnd = text.length } = area.current ?? {};
    onChange(text.slice(0, selectionStart) + sign + text.slice(selectionEnd));
    placeCaret(selectionStart + sign.length);
  }

  function placeCaret(at: number): void {
    requestAnimationFrame(() => {
      focus();
      area.current?.setSelectionRange(at, at);
    });
  }

  function applyText(words: string, how: 'insert' | 'replace'): void {
    onChange(how === 'replace' || text.trim() === '' ? words : `${text.trimEnd()}\n${words}`);
    focus();
  }

  const name = view.conversation?.contact.name || t('contact.unnamed');
  const replyHint = isPhone ? t('composer.replyPlaceholderShort', { name }) : t('composer.replyPlaceholder', { name });
  return (
    <DropZone onDrop={attach}>
      <section className={styles.composer} data-mode={mode} aria-label={t('composer.label')}>
        <SlashMenu slash={slash} />
        <ModeSwitch modes={modes} mode={mode} onChoose={choose} />
        <Textarea
          ref={area}
          variant="unstyled"
          autosize
          minRows={isPhone ? 1 : 2}
          maxRows={10}
          aria-label={t(`composer.${mode}`)}
          placeholder={
            { reply: replyHint, whisper: t('composer.whisperPlaceholder'), note: t('composer.notePlaceholder') }[mode]
          }
          maxLength={isWhisper ? maxWhisper : undefined}
          value={text}
          classNames={{ input: styles.input ?? '' }}
          onChange={(event) => onChange(event.currentTarget.value)}
          {...slash.fieldProps}
          onKeyDown={onKeyDown}
          onBlur={() => {
            slash.close();
            view.setTyping(false);
          }}
          onPaste={onPaste}
        />
        {!isWhisper && <AttachmentTray files={files} attachments={attachments} />}
        <LimitLines limits={limits} />
        <AssistPreview assisting={assisting} hasDraft={text.trim() !== ''} onUse={applyText} />
        <div className={styles.bar}>
          {!isWhisper && <AttachButton onFiles={attach} />}
          <EmojiPicker onPick={insert} />
          <KnowledgeButton conversation={view.conversation} onInsert={insert} />
          {assisting.isOffered && (
            <AssistMenu
              draft={text}
              onStart={(body) => {
                assisting.start(body);
                // After the menu has given the focus back: Escape ends it from here.
                setTimeout(focus);
              }}
            />
          )}
          {view.conversation?.status === 'closed' && mode === 'reply' && (
            <span className={styles.hint}>{t('composer.closed')}</span>
          )}
          {uploading && !isWhisper && <span className={styles.hint}>{t('composer.waitForUploads')}</span>}
          <Button
            className={styles.send}
            size="sm"
            color={{ reply: 'parley', whisper: 'violet.8', note: 'amber.8' }[mode]}
            disabled={blocked}
            loading={whispers.isPending}
            onClick={send}
            rightSection={sendIcons[mode]}
          >
            {t(`composer.${sendWords[mode]}`)}
          </Button>
        </div>
      </section>
      <OvertakenDialog
        by={overtaken.asking}
        onClose={() => {
          overtaken.answer();
          setTimeout(focus);
        }}
        onSend={() => {
          overtaken.answer();
          send();
        }}
      />
      <MoveNoteDialog
        opened={asking}
        onClose={() => setAsking(false)}
        onMove={() => change({ mode: 'reply', reply: draft.note, note: '' })}
        onKeep={() => change({ mode: 'reply' })}
        onDone={focus}
      />
    </DropZone>
  );
}

function isQueueFull(error: unknown): boolean {
  return error instanceof Error && error.name === 'QueueFull';
}

function AttachButton({ onFiles }: { onFiles: (files: readonly File[]) => void }) {
  const { t } = useTranslation();
  const input = useRef<HTMLInputElement>(null);
  return (
    <>
      <input
        ref={input}
        type="file"
        multiple
        hidden
        data-testid="attach-input"
        onChange={(event) => {
          onFiles([...(event.currentTarget.files ?? [])]);
          event.currentTarget.value = '';
        }}
      />
      <Tooltip label={t('composer.attach')} openDelay={400}>
        <ActionIcon
          variant="subtle"
          color="gray"
          aria-label={t('composer.attach')}
          onClick={() => input.current?.click()}
        >
          <IconPaperclip size={18} />
        </ActionIcon>
      </Tooltip>
    </>
  );
}

function DropZone({ onDrop, children }: { onDrop: (files: readonly File[]) => void; children: React.ReactNode }) {
  const { t } = useTranslation();
  const [over, setOver] = useState(false);
  return (
    // biome-ignore lint/a11y/noStaticElementInteractions: dropping is the mouse's way; the button is the keyboard's.
    <div
      className={styles.drop}
      onDragOver={(event) => {
        if (!event.dataTransfer.types.includes('Files')) return;
        event.preventDefault();
        setOver(true);
      }}
      onDragLeave={() => setOver(false)}
      onDrop={(event) => {
        event.preventDefault();
        setOver(false);
        onDrop([...event.dataTransfer.files]);
      }}
    >
      {children}
      {over && <div className={styles.over}>{t('composer.dropHere')}</div>}
    </div>
  );
}
