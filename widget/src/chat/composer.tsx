import { maxTextBytes } from '@parley/sdk/protocol.ts';
import { useEffect, useLayoutEffect, useRef, useState } from 'preact/hooks';
import { useChanges, useScope } from './chat-context.ts';
import { EmojiPicker } from './emoji-picker.tsx';
import { formatSize } from './formats.ts';
import { Icon } from './icons.tsx';
import type { Upload } from './uploads.ts';

/** Where the visitor writes. `prefilled` counts: each new number takes the session's draft over. */
export function Composer({ prefilled, onNotice }: { prefilled: number; onNotice: (notice: string) => void }) {
  const { session, words, uploads, send } = useScope();
  const [text, setText] = useState(session.draft);
  const [picking, setPicking] = useState(false);
  const field = useRef<HTMLTextAreaElement>(null);

  useEffect(() => setText(session.draft), [prefilled, session]);
  useLayoutEffect(() => fitToText(field.current), [text]);

  function change(next: string): void {
    setText(next);
    session.draft = next;
    session.view?.setTyping(next.trim() !== '');
    onNotice('');
  }
  function submit(): void {
    const said = text.trim();
    if (said === '') return;
    if (new TextEncoder().encode(said).length > maxTextBytes) {
      onNotice(words.tooLong);
      return;
    }
    if (!send({ type: 'text', text: said })) return;
    session.view?.setTyping(false);
    change('');
    field.current?.focus();
  }
  function onKeyDown(event: KeyboardEvent): void {
    // While an input method composes, Enter chooses a word. Safari says so by the key code only.
    if (event.key !== 'Enter' || event.shiftKey || event.isComposing || event.keyCode === 229) return;
    event.preventDefault();
    submit();
  }
  function onPaste(event: ClipboardEvent): void {
    const files = [...(event.clipboardData?.files ?? [])];
    if (files.length === 0) return;
    event.preventDefault();
    uploads.add(files);
  }
  function insert(emoji: string): void {
    const { selectionStart, selectionEnd } = field.current ?? {
      selectionStart: text.length,
      selectionEnd: text.length,
    };
    change(text.slice(0, selectionStart) + emoji + text.slice(selectionEnd));
    closePicker();
  }
  function closePicker(): void {
    setPicking(false);
    field.current?.focus();
  }

  return (
    <div class="composer">
      <UploadList />
      {picking && <EmojiPicker onPick={insert} onClose={closePicker} />}
      <div class="field">
        <textarea
          ref={field}
          rows={1}
          dir="auto"
          value={text}
          placeholder={words.write}
          aria-label={words.write}
          enterkeyhint="send"
          onInput={(event) => change(event.currentTarget.value)}
          onKeyDown={onKeyDown}
          onPaste={onPaste}
          onBlur={() => session.view?.setTyping(false)}
        />
        <button type="button" class="send" disabled={text.trim() === ''} aria-label={words.send} onClick={submit}>
          <Icon name="send" />
        </button>
      </div>
      <div class="tools">
        <FileButton label={words.attach} icon="clip" />
        <FileButton label={words.camera} icon="camera" camera />
        <button
          type="button"
          class="tool"
          aria-label={words.emoji}
          aria-expanded={picking}
          title={words.emoji}
          onClick={() => setPicking(!picking)}
        >
          <Icon name="smile" />
        </button>
      </div>
    </div>
  );
}

/** `camera`: straight to the camera, on devices that are held in the hand. */
function FileButton({ label, icon, camera }: { label: string; icon: 'clip' | 'camera'; camera?: boolean }) {
  const { uploads, host, words } = useScope();
  const input = useRef<HTMLInputElement>(null);
  const limit = words.limit(formatSize(host.config.maxFileBytes));
  function take(): void {
    const { current } = input;
    uploads.add(current?.files ?? []);
    // The same file may be chosen again.
    if (current !== null) current.value = '';
  }
  return (
    <>
      <input
        ref={input}
        hidden
        type="file"
        multiple={!camera}
        aria-label={label}
        onChange={take}
        {...(camera && { accept: 'image/*', capture: 'environment' as const })}
      />
      <button
        type="button"
        class={camera ? 'tool hand-held' : 'tool'}
        aria-label={`${label} (${limit})`}
        title={`${label} (${limit})`}
        onClick={() => input.current?.click()}
      >
        <Icon name={icon} />
      </button>
    </>
  );
}

function UploadList() {
  const { uploads } = useScope();
  useChanges(uploads);
  if (uploads.list.length === 0) return null;
  return (
    <ul class="uploads">
      {uploads.list.map((upload) => (
        <UploadRow key={upload.id} upload={upload} />
      ))}
    </ul>
  );
}

function UploadRow({ upload }: { upload: Upload }) {
  const { uploads, words, host } = useScope();
  const { name, problem, progress } = upload;
  const says = {
    'too-big': words.tooBig(name, formatSize(host.config.maxFileBytes)),
    empty: words.emptyFile(name),
    failed: words.uploadFailed(name),
  };
  return (
    <li class={problem === undefined ? 'upload' : 'upload problem'}>
      <span class="upload-name" dir="auto" role={problem && 'alert'}>
        {problem === undefined ? name : says[problem]}
      </span>
      {problem === undefined && <progress value={progress} max={1} aria-label={words.uploading(name)} />}
      <button
        type="button"
        class="tool small"
        aria-label={problem === undefined ? words.cancel(name) : words.dismiss}
        onClick={() => uploads.cancel(upload.id)}
      >
        <Icon name="cross" />
      </button>
    </li>
  );
}

/** As tall as its text; the style sheet sets the most. Set through the object model, which no policy forbids. */
function fitToText(field: HTMLTextAreaElement | null): void {
  if (field === null) return;
  field.style.height = 'auto';
  field.style.height = `${field.scrollHeight}px`;
}
