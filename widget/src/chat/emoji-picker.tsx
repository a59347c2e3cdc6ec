import { useEffect, useRef } from 'preact/hooks';
import { useScope } from './chat-context.ts';

// Hands, faces and things that customers send most: enough for a chat, small enough to need no search.
const emoji = [
  ...('😀😄😅😂🙂😉😊😍😘😎🤔😐🙄😮😢😭😡🥳😴🤝👍👎👌🙏👏💪👋🎉❤️💔🔥⭐✅❌❓❗📦🚚💳🧾📷📍⏰🎁🌹☕💯🆗'.match(
    /\p{Extended_Pictographic}\uFE0F?/gu,
  ) ?? []),
];
const columns = 8;

/** A grid that the arrow keys walk through; the system draws the emoji, so there is nothing to load. */
export function EmojiPicker({ onPick, onClose }: { onPick: (emoji: string) => void; onClose: () => void }) {
  const { words } = useScope();
  const grid = useRef<HTMLFieldSetElement>(null);
  const focus = (index: number) => grid.current?.querySelectorAll('button')[index]?.focus();
  useEffect(() => focus(0), []);

  function move(event: KeyboardEvent, index: number): void {
    const step = { ArrowRight: 1, ArrowLeft: -1, ArrowDown: columns, ArrowUp: -columns }[event.key];
    if (event.key === 'Escape') {
      event.stopPropagation();
      event.preventDefault();
      onClose();
    } else if (step !== undefined) {
      event.preventDefault();
      focus(Math.min(Math.max(index + step, 0), emoji.length - 1));
    }
  }
  return (
    <fieldset class="emoji" aria-label={words.emoji} ref={grid}>
      {emoji.map((one, index) => (
        <button
          type="button"
          key={one}
          tabIndex={index === 0 ? 0 : -1}
          onClick={() => onPick(one)}
          onKeyDown={(event) => move(event, index)}
        >
          {one}
        </button>
      ))}
    </fieldset>
  );
}
