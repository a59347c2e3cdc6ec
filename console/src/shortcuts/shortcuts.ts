import { useEffect, useRef } from 'react';
import { preferences } from '../session/preferences.ts';

/**
 * Every single-key command, for the handlers and for the sheet alike. `key` is compared with `KeyboardEvent.key`; of two with
 * one key that with `shift` comes first, and others do not ask for Shift, which signs like ? need on some keyboards.
 */
export const shortcuts = [
  { id: 'next', key: 'j' },
  { id: 'previous', key: 'k' },
  { id: 'open', key: 'Enter' },
  { id: 'back', key: 'Escape' },
  { id: 'resolveNext', key: 'e', shift: true },
  { id: 'resolve', key: 'e' },
  { id: 'reply', key: 'r' },
  { id: 'note', key: 'n' },
  { id: 'assign', key: 'a' },
  { id: 'snooze', key: 's' },
  { id: 'search', key: '/' },
  { id: 'sheet', key: '?' },
] as const satisfies readonly { id: string; key: string; shift?: true }[];
export type ShortcutId = (typeof shortcuts)[number]['id'];

type Pressed = Pick<KeyboardEvent, 'key' | 'ctrlKey' | 'metaKey' | 'altKey' | 'shiftKey' | 'repeat' | 'isComposing'>;

/** The command that a key means, if any: never with a modifier, while composing, or on key repeat (but to move). */
export function shortcutOf(event: Pressed): ShortcutId | undefined {
  if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return undefined;
  const pressed = event.key.length === 1 ? event.key.toLowerCase() : event.key;
  const found = shortcuts.find((one) => one.key === pressed && (!('shift' in one) || event.shiftKey));
  if (event.repeat && found?.id !== 'next' && found?.id !== 'previous') return undefined;
  return found?.id;
}

/**
 * Listens for the given commands while no field, menu or dialog has the focus. A handler that answers false leaves the
 * key to the page.
 */
export function useShortcuts(handlers: Partial<Record<ShortcutId, () => boolean | undefined>>): void {
  const latest = useRef(handlers);
  useEffect(() => {
    latest.current = handlers;
  });
  useEffect(() => {
    function onKeyDown(event: KeyboardEvent): void {
      if (event.defaultPrevented || !preferences().singleKeys || takesKeys(event.target)) return;
      const id = shortcutOf(event);
      if (id === undefined || (id === 'open' && isPressable(event.target))) return;
      const handler = latest.current[id];
      if (handler !== undefined && handler() !== false) event.preventDefault();
    }
    document.addEventListener('keydown', onKeyDown);
    return () => document.removeEventListener('keydown', onKeyDown);
  }, []);
}

function takesKeys(target: EventTarget | null): boolean {
  if (!(target instanceof Element)) return false;
  return target.closest('input, textarea, select, [contenteditable="true"], [role="dialog"], [role="menu"]') !== null;
}

/** Enter already means something there. */
function isPressable(target: EventTarget | null): boolean {
  return target instanceof Element && target.closest('a, button, [role="tab"], summary, audio, video') !== null;
}
